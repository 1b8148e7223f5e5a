"""`python -m server` is the command `llm-api`."""

from server.cli import main

if __name__ == "__main__":  # a spawned child process imports this file under another name
    main()
