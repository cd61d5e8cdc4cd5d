"""peer.py: the peers that are libraries (awscrt, obstore, opendal), each doing one workload. Run by the python of the peers.

  peer.py TOOL OP ENDPOINT BUCKET PREFIX FOLDER      OP: up, down (a file each), list, delete (what is listed), import
"""
import asyncio
import os
import sys

tool, op, endpoint, bucket, prefix, folder = sys.argv[1:7]
ACCESS, SECRET, REGION = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], "us-east-1"
AT_ONCE = int(os.environ.get("BENCH_AT_ONCE", "32"))
LARGE, PIECE = 32 << 20, 8 << 20


def files():
    """(path, key) of what is to go up or come down."""
    count = prefix.split("/")[-2].split("x")[0]
    for i in range(int(count)):
        name = "%05d/%08d" % (i // 1000, i)
        yield os.path.join(folder, name), prefix + name


def make_folders():
    for path, _ in files():
        os.makedirs(os.path.dirname(path), exist_ok=True)


async def all_of(one):
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(path, key):
        async with gate:
            await one(path, key)
    await asyncio.gather(*(gated(path, key) for path, key in files()))


def crt():
    from awscrt import auth, http, io, s3
    import threading
    if op == "import":
        return
    group = io.EventLoopGroup()
    words = {"tls_mode": s3.S3RequestTlsMode.DISABLED}
    host = endpoint.split("//")[1]
    if endpoint.startswith("https"):
        context = io.TlsContextOptions()
        context.override_default_trust_store_from_path(None, os.environ["AWS_CA_BUNDLE"])
        connection = io.ClientTlsContext(context).new_connection_options()
        connection.set_server_name(host.split(":")[0])
        words = {"tls_mode": s3.S3RequestTlsMode.ENABLED, "tls_connection_options": connection}
    client = s3.S3Client(bootstrap=io.ClientBootstrap(group, io.DefaultHostResolver(group)), region=REGION,
                         credential_provider=auth.AwsCredentialsProvider.new_static(ACCESS, SECRET), throughput_target_gbps=10, **words)
    gate, pending = threading.Semaphore(64 if AT_ONCE == 32 else AT_ONCE), []
    up = op == "up"
    for path, key in files():
        headers = [("host", host)] + ([("content-length", str(os.path.getsize(path)))] if up else [])
        request = http.HttpRequest("PUT" if up else "GET", "/%s/%s" % (bucket, key), http.HttpHeaders(headers))
        if up:
            check = s3.S3ChecksumConfig(algorithm=s3.S3ChecksumAlgorithm.CRC64NVME, location=s3.S3ChecksumLocation.TRAILER)
        else:
            check = s3.S3ChecksumConfig(validate_response=True)
        gate.acquire()
        made = client.make_request(type=s3.S3RequestType.PUT_OBJECT if up else s3.S3RequestType.GET_OBJECT, request=request,
                                   checksum_config=check, on_done=lambda **_: gate.release(), **{"send_filepath" if up else "recv_filepath": path})
        pending.append(made.finished_future)
        if len(pending) > 1000:
            pending.pop(0).result()
    for future in pending:
        future.result()


def obstore():
    import obstore
    from obstore.store import S3Store
    if op == "import":
        return
    store = S3Store(bucket, endpoint=endpoint, access_key_id=ACCESS, secret_access_key=SECRET, region=REGION,
                    virtual_hosted_style_request=False, client_options={"allow_http": True})

    async def up(path, key):
        await obstore.put_async(store, key, path if os.path.getsize(path) > LARGE else open(path, "rb").read())

    async def down(path, key):
        reply = await obstore.get_async(store, key)
        with open(path, "wb") as file:
            async for piece in reply.stream(min_chunk_size=PIECE):
                file.write(piece)
    if op == "list":
        count = sum(len(page["path"] if hasattr(page, "schema") else page) for page in obstore.list(store, prefix))
        print(count)
    elif op == "delete":
        obstore.delete(store, [entry["path"] for page in obstore.list(store, prefix) for entry in page])
    else:
        asyncio.run(all_of(up if op == "up" else down))


def opendal():
    import opendal
    import opendal.layers
    if op == "import":
        return
    words = {"bucket": bucket, "endpoint": endpoint, "access_key_id": ACCESS, "secret_access_key": SECRET, "region": REGION}
    plain = opendal.Operator("s3", **words)
    if op == "list":
        print(sum(1 for _ in plain.scan(prefix)))
    elif op == "delete":
        plain.remove_all(prefix)
    else:
        asyncio.run(all_of(opendal_one(opendal.AsyncOperator("s3", **words).layer(opendal.layers.RetryLayer()))))


def opendal_one(operator):
    async def up(path, key):
        if os.path.getsize(path) <= LARGE:
            return await operator.write(key, open(path, "rb").read())
        async with await operator.open(key, "wb", chunk=PIECE, concurrent=4) as out:
            with open(path, "rb") as file:
                while piece := file.read(PIECE):
                    await out.write(piece)

    async def down(path, key):
        with open(path, "wb") as out:
            if prefix.endswith("GiB/"):
                async with await operator.open(key, "rb") as file:
                    while piece := await file.read(PIECE):
                        out.write(piece)
            else:
                out.write(await operator.read(key))
    return up if op == "up" else down


if op == "down":
    make_folders()
{"awscrt": crt, "obstore": obstore, "opendal": opendal}[tool]()
sys.stdout.flush()
os._exit(0)     # some abort now and then when the interpreter takes them down
