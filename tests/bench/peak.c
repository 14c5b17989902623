/* peak COMMAND…: runs it and prints its largest memory in KiB on stderr. A process begun by Python itself counts Python's pages too. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage used;
	pid_t child = argc > 1 ? fork() : -1;
	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	return child < 0 || wait4(child, NULL, 0, &used) < 0 || fprintf(stderr, "\npeak %ld\n", used.ru_maxrss) < 0;
}
