"""What runs in containers, and where: machines with files and programs, on top of the data plane."""
