"""tap.py: runs a test script's cases and prints TAP."""
import sys


class Skip(Exception):
    """What a case needs comes from no package registry, and is not here: it is counted as skipped, by its name."""


def run(module):
    """Every test_… function of the calling module, in order, as TAP; by hand, those alone that are named as TAP names them."""
    wanted = [word for word in sys.argv[1:] if word.startswith("test-")]
    tests = [(name, value) for name, value in vars(module).items() if name.startswith("test_") and (not wanted or name.replace("_", "-") in wanted)]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        wrong, skipped = None, ""
        try:
            test()
        except Skip as lacking:
            skipped = " # SKIP %s" % lacking
        except Exception as error:  # any failure is this test's
            line = error.__traceback__
            while line.tb_next and line.tb_next.tb_frame.f_code.co_filename == module.__file__:
                line = line.tb_next
            wrong = "line %d: %s: %s" % (line.tb_lineno, type(error).__name__, error)
        if wrong:
            failed += 1
            print("#", wrong.replace("\n", "\n# ")[:3000])
        print("not ok" if wrong else "ok", number, "-", name.replace("_", "-") + skipped, flush=True)
    sys.exit(1 if failed else 0)
