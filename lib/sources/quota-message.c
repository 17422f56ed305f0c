// x
typedef int not_empty;
