"""The command line of a trial, and its end: a seed that repeats it, and its folder where it failed."""
import argparse
import os
import random
import shutil
import sys
import tempfile
import traceback

from sandbox import Failure


def parser(doc):
    """The arguments that all trials have; a trial adds its own."""
    arguments = argparse.ArgumentParser(description=doc.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("--seed", type=int, default=None)
    arguments.add_argument("--keep", action="store_true", help="leave the folder there")
    return arguments


def options(arguments):
    """What was typed, with a seed whether one was or not."""
    typed = arguments.parse_args()
    typed.program = os.path.abspath(typed.program)
    typed.seed = random.SystemRandom().randrange(1 << 32) if typed.seed is None else typed.seed
    return typed


def run(name, typed, size, perform):
    """Performs the trial in a folder of its own; ends the program where it fails."""
    folder = tempfile.mkdtemp(prefix=f"grantkeeper-{name}.")
    print(f"{name}: {size}, {typed.grants} grants, seed {typed.seed}", flush=True)
    try:
        perform(typed, folder)
    except BaseException as error:
        if not isinstance(error, Failure):
            traceback.print_exc()
        sys.exit(f"{name}: error: {error}\n{name}: seed {typed.seed}; all of it is in {folder}")
    if typed.keep:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder)
    print(f"{name}: ok")
