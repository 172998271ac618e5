"""What kubectl prints objects as. Each form is a function of plain data; `printer.py` chooses by `-o`."""
