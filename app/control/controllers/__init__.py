"""Controllers, one file each; the registry of app.control.manager finds them. None imports another one."""
