// Parameters of odd sizes and alignments, by value, with an array indexed at
// run time.
// nvcc: -arch=sm_80
struct Chunk {
  char kind;
  short first[3];
  double scale;
  int *out;
};
struct Table {
  Chunk chunks[4];
  unsigned char order[5];
};

extern "C" __global__ void struct_params(char one, Table table, short two,
                                         long long three, float4 four,
                                         bool five) {
  const Chunk &chunk = table.chunks[table.order[blockIdx.x]];
  int i = threadIdx.x;
  long long value = chunk.first[i % 3] + one * two + three;
  value += (long long)(chunk.scale * four.y) + (five ? chunk.kind : 0);
  chunk.out[i] = (int)value;
}
