/* nothing: the program that is started, which does nothing. */

int main(void) { return 0; }
