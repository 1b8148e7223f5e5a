"""Services: tasks that an operator describes in a YAML file, and that answer on a route of their own.

manifest.py   what a file may say            directory.py   all files, reloaded when they change
prompt.py     a prompt's text and its gaps   orders.py      a manifest, its prompts and a client's words, frozen
turns.py      a transcript as turns          summary.py     which calls a summary takes; pure
calls.py      asks the models                runner.py      carries an order out
"""
