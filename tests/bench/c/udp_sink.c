/* udp_sink COUNT SIZE GROUP: receive so many datagrams of "x", compare each, and write a byte to stdout for each GROUP
 * of them: credit for the sender, who would overrun the receive buffer otherwise. Takes offloaded datagrams whole. */
#define _GNU_SOURCE
#include "measure.h"
#include "udp_socket.h"
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static char received[65536], expected[65536];

int main(int argc, char **argv) {
    if (argc != 4)
        wrong("usage: udp_sink COUNT SIZE GROUP");
    long count = atol(argv[1]), size = atol(argv[2]), group = atol(argv[3]), datagrams = 0, credited = 0;
    struct sockaddr_in address;
    int fd = udp_socket(&address), room = 1 << 20, one = 1;
    struct timeval patience = {5, 0};
    check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
    check("setsockopt", setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof one));
    fprintf(stderr, "port %d\n", ntohs(address.sin_port));
    memset(expected, 'x', sizeof expected);
    while (datagrams < count) {
        ssize_t n = recv(fd, received, sizeof received, 0);
        if (n == -1 && errno == EAGAIN)
            wrong("no datagram for 5 s: %ld of %ld are missing", count - datagrams, count);
        check("recv", n);
        if (n == 0 || n % size || memcmp(received, expected, n))
            wrong("datagram %ld is not what was sent", datagrams);
        datagrams += n / size;
        for (; credited < datagrams / group; credited++)
            check("write", write(1, "", 1));
    }
    if (datagrams != count)
        wrong("%ld datagrams came, %ld were sent", datagrams, count);
}
