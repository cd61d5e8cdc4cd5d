#!/usr/bin/env python3
"""Models from Python: filled once, found again without any service, awaited; errors by kind."""
import asyncio
import hashlib
import os
import pickle
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from session import HOME, PACKAGE, SLOW, raises, read, run  # noqa: E402
import larder  # noqa: E402
import larder.aio  # noqa: E402

DATA = os.urandom(3 << 20)
store = larder.open()


def put(name, data=DATA):
    store.put("models:sdxl/%s.safetensors" % name, data)


def test_python_models_a_miss_fills_and_the_next_is_a_hit():
    put("one")
    seen = []
    model = store.load_model("one", base_model="sdxl", progress=lambda done, whole: seen.append(done))
    assert model == os.path.join(HOME, "demo/models/sdxl/one.safetensors") and read(model) == DATA, model
    assert (model.how, model.key, model.length, model.files) == ("filled", "sdxl/one.safetensors", len(DATA), 1), vars(model)
    assert seen and seen == sorted(seen) and seen[-1] == len(DATA), seen
    again = store.load_model("one", "sdxl")
    assert again == model and again.how == "hit" and type(str(again)) is str
    copy = pickle.loads(pickle.dumps(again))
    assert copy == again and copy.how == "hit"


def test_python_models_progress_tells_of_how_much():
    """Of how many bytes, once that is known."""
    put("slow")
    seen = []

    def progress(done, whole):
        seen.append((done, whole))
        time.sleep(0.01)

    store.load_model("slow", "sdxl", progress=progress)
    assert {whole for _, whole in seen} <= {None, len(DATA)} and seen[-1] == (len(DATA), len(DATA)), seen


def test_python_models_a_hit_asks_no_service_and_is_quick():
    """Works when the source is down, loads no driver; two milliseconds in process, the best of many."""
    put("warm")
    store.load_model("warm", "sdxl")
    os.environ["LARDER_MINIO"] = "http://127.0.0.1:1"
    with larder.open(profile="minio") as down:
        taken = []
        for _ in range(50):
            began = time.monotonic()
            assert down.load_model("warm", "sdxl").how == "hit"
            taken.append(time.monotonic() - began)
    assert min(taken) < 0.002 * SLOW, min(taken)
    program = ("import sys; sys.path.insert(0, %r); import larder\nwith larder.open(profile='minio') as store:\n"
               "    assert store.load_model('warm', 'sdxl').how == 'hit'\nprint(open('/proc/self/maps').read())" % PACKAGE)
    maps = subprocess.run([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "liblarder.so" in maps and not [name for name in ("libcurl", "libssl", "driver-", "lock-") if name in maps], maps


def test_python_models_one_of_many_processes_fills():
    """The others get the same path, and count as waited or hit."""
    put("shared")
    program = ("import sys; sys.path.insert(0, %r); import larder\nwith larder.open() as store:\n"
               "    sys.stdin.readline(); model = store.load_model('shared', 'sdxl')\n"
               "    import hashlib; print(model.how, model, hashlib.sha256(open(model, 'rb').read()).hexdigest())" % PACKAGE)
    children = [subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [child.communicate()[0].split() for child in children]
    assert sorted(one[0] for one in said).count("filled") == 1 and {one[0] for one in said} <= {"filled", "waited", "hit"}, said
    assert {(one[1], one[2]) for one in said} == {(os.path.join(HOME, "demo/models/sdxl/shared.safetensors"), hashlib.sha256(DATA).hexdigest())}, said


def test_python_models_a_new_version_when_asked():
    put("new")
    old = store.load_model("new", "sdxl")
    with open(old, "rb") as reader:
        put("new", b"another")
        assert store.load_model("new", "sdxl").how == "hit" and read(old) == DATA
        new = store.load_model("new", "sdxl", revalidate=True)
        assert (new.how, new.generation) == ("filled", old.generation + 1) and read(new) == b"another" and reader.read() == DATA


def test_python_models_errors():
    raises(larder.NotFound, lambda: store.load_model("missing", "sdxl"), "missing")
    raises(larder.Invalid, lambda: store.load_model("../one", "sdxl"))

    class Mine(Exception):
        pass

    def stop(_done, _whole):
        raise Mine()
    put("stopped")
    raises(Mine, lambda: store.load_model("stopped", "sdxl", progress=stop))
    assert store.load_model("stopped", "sdxl").how == "filled"


def test_python_models_by_the_former_name():
    put("helper")
    path = larder.load_model_from_efs("helper", "sdxl")
    assert type(path) is str and path == str(larder.EFS_MODELS_PATH / "sdxl" / "helper.safetensors") and read(path) == DATA
    assert larder.load_model_from_efs(model_name="helper", base_model="sdxl") == path


def test_python_models_awaited():
    async def main():
        async with larder.aio.open() as ours:
            return await asyncio.gather(*[ours.load_model("awaited", "sdxl") for _ in range(4)])
    put("awaited")
    models = asyncio.run(main())
    assert len(set(models)) == 1 and [model.how for model in models].count("filled") == 1, [model.how for model in models]


run(sys.modules[__name__])
