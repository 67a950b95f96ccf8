/* capture INTERFACE SIZE recv|ring: receive frames of SIZE bytes of Ethernet protocol 0x88b5, a call for each or through
 * shared memory, until a longer one comes. Says "ready" on stderr when it receives. */
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { PROTOCOL = 0x88b5, BLOCKS = 64, BLOCK_SIZE = 1 << 20 };

static long with_calls(int fd, unsigned size) {
    char buffer[2048];
    long frames = 0;
    while (check("recv", recv(fd, buffer, sizeof buffer, 0)) == size)
        frames++;
    return frames;
}

static long with_ring(int fd, char *ring, unsigned size) {
    long frames = 0;
    for (int b = 0;; b = (b + 1) % BLOCKS) {
        struct tpacket_block_desc *block = (void *)(ring + (long)b * BLOCK_SIZE);
        struct tpacket_hdr_v1 *of_block = &block->hdr.bh1;
        while (!(__atomic_load_n(&of_block->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
            struct pollfd readable = {fd, POLLIN, 0};
            check("poll", poll(&readable, 1, -1));
        }
        struct tpacket3_hdr *frame = (void *)((char *)block + of_block->offset_to_first_pkt);
        for (unsigned i = 0; i < of_block->num_pkts; i++) {
            if (frame->tp_len != size)
                return frames;
            frames++;
            frame = (void *)((char *)frame + frame->tp_next_offset);
        }
        __atomic_store_n(&of_block->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
}

int main(int argc, char **argv) {
    if (argc != 4)
        wrong("usage: capture INTERFACE SIZE recv|ring");
    int size = atoi(argv[2]), version = TPACKET_V3;
    int fd = check("socket", socket(AF_PACKET, SOCK_RAW, 0));
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(PROTOCOL)};
    address.sll_ifindex = if_nametoindex(argv[1]);
    char *ring = 0;
    if (!strcmp(argv[3], "ring")) {
        struct tpacket_req3 request = {BLOCK_SIZE, BLOCKS, 2048, BLOCKS * (BLOCK_SIZE / 2048), 8, 0, 0};
        check("setsockopt", setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version));
        check("setsockopt", setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request));
        ring = mmap(0, (long)BLOCKS * BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        check("mmap", ring == MAP_FAILED ? -1 : 0);
    }
    check("bind", bind(fd, (struct sockaddr *)&address, sizeof address));
    fprintf(stderr, "ready\n");
    start();
    long frames = ring ? with_ring(fd, ring, size) : with_calls(fd, size);
    struct tpacket_stats_v3 statistics;
    socklen_t length = sizeof statistics;
    check("getsockopt", getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &length));
    finish(frames, statistics.tp_drops);
}
