USE = 1
