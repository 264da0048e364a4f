// Megabytes per second of simdjson's DOM parser, one thread, one document a line: what `benches/scan.rs` is
// measured against. It is read with simdjson's one-file release beside it, 3.12.3 for the figures there
// (`simdjson.h`, `simdjson.cpp`; the source package of pysimdjson 7.0.2 has them):
//
//     g++ -std=c++17 -O3 -march=native -DNDEBUG -I DIR benches/peers/simdjson.cpp DIR/simdjson.cpp -o simdjson
//     ./simdjson FILE.jsonl [ROUNDS]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "simdjson.h"

// Of this thread, so that waiting for a core does not count.
static double cpu_seconds() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    int rounds = count > 2 ? std::atoi(arguments[2]) : 5;
    auto text = simdjson::padded_string::load(arguments[1]).value();
    std::vector<double> speeds;
    size_t lines = 0, objects = 0;
    for (int round = 0; round < rounds; round++) {
        simdjson::dom::parser parser;
        lines = objects = 0;
        auto begun = cpu_seconds();
        const char *at = text.data(), *end = at + text.size();
        while (at < end) {
            auto *newline = static_cast<const char *>(std::memchr(at, '\n', end - at));
            size_t len = (newline ? newline : end) - at;
            simdjson::dom::element document;
            // The bytes after a line are the next ones, and the text is padded.
            if (!parser.parse(at, len, false).get(document)) objects += document.is_object();
            lines++;
            at += len + 1;
        }
        double taken = cpu_seconds() - begun;
        speeds.push_back(text.size() / 1e6 / taken);
    }
    std::sort(speeds.begin(), speeds.end());
    std::printf("%s: %zu lines, %zu objects, median %.0f best %.0f MB/s\n", arguments[1], lines, objects,
                speeds[speeds.size() / 2], speeds.back());
}
