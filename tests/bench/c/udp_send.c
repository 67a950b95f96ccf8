/* udp_send loop|mmsg|gso PORT COUNT SIZE GROUP: send so many datagrams of "x", GROUP of them for each byte of credit on
 * stdin, two groups ahead of it. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_GROUP = 64 };

static char payload[65536];

int main(int argc, char **argv) {
    if (argc != 6)
        wrong("usage: udp_send loop|mmsg|gso PORT COUNT SIZE GROUP");
    long count = atol(argv[3]), groups = 0;
    int size = atoi(argv[4]), group = atoi(argv[5]);
    if (group > MAX_GROUP || size * group > (int)sizeof payload || count % group)
        wrong("at most %d datagrams a group, of %d bytes together", MAX_GROUP, (int)sizeof payload);
    struct sockaddr_in sink = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    sink.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = check("socket", socket(AF_INET, SOCK_DGRAM, 0));
    check("connect", connect(fd, (struct sockaddr *)&sink, sizeof sink));
    memset(payload, 'x', sizeof payload);
    struct iovec iov = {payload, size};
    struct mmsghdr messages[MAX_GROUP] = {0};
    for (int i = 0; i < group; i++) {
        messages[i].msg_hdr.msg_iov = &iov;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (!strcmp(argv[1], "gso"))
        check("setsockopt", setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof size));
    start();
    for (long sent = 0; sent < count; groups++) {
        char credit;
        if (groups >= 2 && check("read", read(0, &credit, 1)) != 1)
            wrong("the receiver has given up");
        if (!strcmp(argv[1], "gso"))
            sent += check("send", send(fd, payload, group * size, 0)) / size;
        else if (!strcmp(argv[1], "mmsg"))
            sent += check("sendmmsg", sendmmsg(fd, messages, group, 0));
        else
            for (int i = 0; i < group; i++)
                sent += check("send", send(fd, payload, size, 0)) / size;
    }
    finish(count, 0);
}
