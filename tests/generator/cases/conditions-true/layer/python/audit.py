ON = True
