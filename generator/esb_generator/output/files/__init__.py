"""Files as data: those of folders and archives, those below one folder, and tar archives of them."""
