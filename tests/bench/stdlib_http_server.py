"""[HTTP/1.1]: the article's page by the standard library's http.server, a thread for each connection.

As it comes it speaks HTTP/1.0, and closes each connection after one answer.
"""

import http.server
import sys

PAGE = b"<h1>hello world</h1>"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = sys.argv[1] if len(sys.argv) > 1 else "HTTP/1.0"
    wbufsize = -1  # head and body in one segment

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        print(f"port {server.server_port}", flush=True)
        server.serve_forever()
