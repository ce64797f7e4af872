"""How the project runs on AWS: the database's credentials, the queue, logs, health. No product code."""
