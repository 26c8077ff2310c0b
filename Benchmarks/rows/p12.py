ENTRIES = ("P12",)
GROWTH = None
def run(bench): pass
