"""Jobs done by workers elsewhere: offers go down through RabbitMQ, by Celery; word of the work comes up through Redis.

    server ──offer──► RabbitMQ ──► worker            the row stays queued, and is marked as on offer for a while
    server ◄──begin── Redis    ◄── worker            the row is claimed: attempt, lease and fence
    server ──go, or not──► Redis ──► worker          with the fence
    servers ◄──told── Redis    ◄── worker            tokens and progress, to all who watch
    server ◄──beat─── Redis    ◄── worker            every second: the lease is renewed
    server ──stop──► Redis     ──► worker            cancelled, or another's by now
    server ◄──outcome─ Redis   ◄── worker            the row has its result

The rows are the truth. What is lost on the way, with RabbitMQ, Redis, a worker or a server, is found by the rows: an
offer that nobody takes is made again, a begin that nobody answers is said again, and a job whose lease passes is
begun anew.
"""
