"""Run the applied `local` on this machine: the tasks as processes, a PostgreSQL, and one port that plays the edge.

What runs is read back from the embedded AWS (`definitions`), and refused where IAM would refuse it (`policy`). What must
differ from AWS is one table (`differences`). `site` puts it together; `supervisor` keeps the processes.
"""
