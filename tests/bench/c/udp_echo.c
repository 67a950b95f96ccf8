/* udp_echo [BATCH]: the echo server's loop with the same system calls, one datagram a call or up to BATCH. */
#define _GNU_SOURCE
#include "measure.h"
#include "udp_socket.h"
#include <sys/socket.h>

enum { MAX_BATCH = 64, SIZE = 2048 };

static char payloads[MAX_BATCH][SIZE];
static struct sockaddr_storage names[MAX_BATCH];

static void one_at_a_time(int fd) {
    for (;;) {
        socklen_t length = sizeof names[0];
        long n = check("recvfrom", recvfrom(fd, payloads[0], SIZE, 0, (struct sockaddr *)names, &length));
        check("sendto", sendto(fd, payloads[0], n, 0, (struct sockaddr *)names, length));
    }
}

static void batches(int fd, int count) {
    struct mmsghdr messages[MAX_BATCH] = {0};
    struct iovec iov[MAX_BATCH];
    for (;;) {
        for (int i = 0; i < count; i++) {
            iov[i] = (struct iovec){payloads[i], SIZE};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &iov[i], .msg_iovlen = 1};
        }
        int n = check("recvmmsg", recvmmsg(fd, messages, count, MSG_WAITFORONE, 0));
        for (int i = 0; i < n; i++)
            iov[i].iov_len = messages[i].msg_len;
        for (int sent = 0; sent < n;)
            sent += check("sendmmsg", sendmmsg(fd, messages + sent, n - sent, 0));
    }
}

int main(int argc, char **argv) {
    int batch = argc > 1 ? atoi(argv[1]) : 1;
    struct sockaddr_in address;
    int fd = udp_socket(&address);
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    if (batch > 1)
        batches(fd, batch < MAX_BATCH ? batch : MAX_BATCH);
    else
        one_at_a_time(fd);
}
