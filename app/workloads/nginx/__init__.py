"""nginx as a web server: its configuration, the site that it serves, its answers and logs."""
