/* Derivatives of S = sum_e sum_p sum_{u,i,k} o[target(e), p, k, u] w[e, p, u] x[source(e), p, i, u] B_p[e, i, k], with
 * B_p[e, i, k] = sum_j C_p[i, j, k] y[e, j], by one of its four arguments. The channel u is innermost; its number is a multiple of 16. */
#include <stdint.h>

typedef float lanes __attribute__((vector_size(64), aligned(4)));
enum wanted { OUTPUT, WEIGHT, INPUT, HARMONIC };
struct path { int32_t rows, columns, channels, input, weight, output, first, last; };

#define INLINE static inline __attribute__((always_inline))

INLINE void path_of_edge(const enum wanted wanted, const int rows, const int columns, int channels, const float *coupling, lanes *gradient,
                         float *o, float *w, float *x) {
    if (wanted == HARMONIC)
        for (int ik = 0; ik < rows * columns; ik++) gradient[ik] = (lanes){0};
    for (int u = 0; u < channels; u += 16) {
        lanes *weight = (lanes *)(w + u);
        if (wanted == INPUT || wanted == HARMONIC) {
            lanes weighted[7];
            for (int k = 0; k < columns; k++) weighted[k] = *weight * *(lanes *)(o + k * channels + u);
            for (int i = 0; i < rows; i++) {
                lanes *input = (lanes *)(x + i * channels + u);
                if (wanted == INPUT) {
                    lanes sum = *input;
                    for (int k = 0; k < columns; k++) sum += coupling[i * columns + k] * weighted[k];
                    *input = sum;
                } else {
                    for (int k = 0; k < columns; k++) gradient[i * columns + k] += *input * weighted[k];
                }
            }
        } else {
            lanes input[7], total = {0};
            for (int i = 0; i < rows; i++) input[i] = *(lanes *)(x + i * channels + u);
            for (int k = 0; k < columns; k++) {
                lanes sum = {0};
                for (int i = 0; i < rows; i++) sum += coupling[i * columns + k] * input[i];
                lanes *output = (lanes *)(o + k * channels + u);
                if (wanted == OUTPUT) *output += *weight * sum;
                else total += *output * sum;
            }
            if (wanted == WEIGHT) *weight = total;
        }
    }
}

INLINE void all_edges(const enum wanted wanted, int64_t edges, const int64_t *target, const int64_t *source, int paths, const struct path *path,
                      const int32_t *element, const int32_t *harmonic, const float *symbol, const int64_t *width, float *o, float *w, float *x,
                      float *y) {
    for (int64_t e = 0; e < edges; e++) {
        lanes by_harmonic[16] = {{0}}, gradient[49];
        for (const struct path *p = path; p < path + paths; p++) {
            float coupling[49] = {0};
            float *edge_o = o + target[e] * width[0] + p->output, *edge_w = w + e * width[1] + p->weight;
            float *edge_x = x + source[e] * width[2] + p->input, *edge_y = y + e * width[3];
            if (wanted != HARMONIC)
                for (int n = p->first; n < p->last; n++) coupling[element[n]] += symbol[n] * edge_y[harmonic[n]];
            switch (p->rows * 8 + p->columns) {
#define CASE(rows, columns) \
    case rows * 8 + columns: path_of_edge(wanted, rows, columns, p->channels, coupling, gradient, edge_o, edge_w, edge_x); break;
#define CASES(rows) CASE(rows, 1) CASE(rows, 3) CASE(rows, 5) CASE(rows, 7)
                CASES(1) CASES(3) CASES(5) CASES(7)
            }
            if (wanted == HARMONIC)
                for (int n = p->first; n < p->last; n++) by_harmonic[harmonic[n]] += symbol[n] * gradient[element[n]];
        }
        if (wanted == HARMONIC)
            for (int j = 0; j < width[3]; j++)
                for (int lane = 0; lane < 16; lane++) y[e * width[3] + j] += by_harmonic[j][lane];
    }
}

void derivative(int wanted, int64_t edges, const int64_t *target, const int64_t *source, int paths, const struct path *path,
                const int32_t *element, const int32_t *harmonic, const float *symbol, const int64_t *width, float *o, float *w, float *x,
                float *y) {
#define RUN(which) \
    case which: all_edges(which, edges, target, source, paths, path, element, harmonic, symbol, width, o, w, x, y); break;
    switch (wanted) { RUN(OUTPUT) RUN(WEIGHT) RUN(INPUT) RUN(HARMONIC) }
}
