"""stand_in.py: a service on loopback that answers as botocore's model of it asks, for those that moto lacks: its server, what it was asked, and mistakes of it.

    class Service(stand_in.Service):
        def __init__(self): super().__init__("backup")
        def handle(self, request): …; self.reply(request, status, text, {"content-type": …})
    with Service() as service:
        service.endpoint, service.asked, service.wrong            # `wrong`: what is not in the model
        service.rules.append(("CreateBackupPlan", 1, "lose"))     # the first of those is done, and its reply lost; "throttle", "deny"
"""
import http.server
import threading
import uuid

import service_model

ACCOUNT = "123456789012"


class Refused(Exception):
    def __init__(self, status, code, message="no"):
        super().__init__(message)
        self.status, self.code = status, code


class Service:
    def __init__(self, name):
        self.model = service_model.Model(name)
        self.came = threading.Condition()    # whenever something is asked
        self.asked, self.wrong, self.rules, self.counts = [], [], [], {}
        self.page = 1                        # items of a page: so that every list has several
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                service.handle(self)
            do_GET = do_PUT = do_POST = do_DELETE = handle_any

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass                         # a client that was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        self.endpoint = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def body(request):
        return request.rfile.read(int(request.headers.get("content-length") or 0))

    @staticmethod
    def reply(request, status, text, headers):
        """`status` None: the reply is lost."""
        if status is None:
            request.close_connection = True
            return
        data = text.encode()
        request.send_response(status)
        for name, value in {**headers, "x-amzn-requestid": str(uuid.uuid4()), "content-length": str(len(data))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def took(self, name, given, throttled, denied):
        """Kept in `asked`. Whether the reply is to be lost; Refused with one of these codes, as the rules have it."""
        self.asked.append((name, given))
        self.came.notify_all()
        self.counts[name] = self.counts.get(name, 0) + 1
        act = next((act for wanted, number, act in self.rules if wanted == name and number == self.counts[name]), None)
        if act in ("throttle", "deny"):
            raise Refused(400 if act == "throttle" else 403, throttled if act == "throttle" else denied)
        return act == "lose"
