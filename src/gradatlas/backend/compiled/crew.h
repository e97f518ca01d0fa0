/* Items of work, taken one after the other by the thread that calls and by helpers that are kept between calls.

   A helper looks for work for a fifth of a millisecond after its last, and then sleeps: a call that follows closely finds it
   awake, and an idle process takes nothing from others. A call never waits for a helper that has not begun: it closes
   the door when no item is left. Several threads may call at once, each at a door of its own; the helpers go where work
   is. A forked process has no helpers and makes its own. */

typedef int (*Item)(const void *task, Size item, void *room);

typedef struct {
    Item run;
    const void *task;
    Size items;
    Size room; /* bytes of working memory for a thread */
    int helpers; /* at most so many */
    atomic_llong next;
    atomic_int failed;
} Crew;

enum { MOST_THREADS = 64, DOORS = 16, CLOSED = 1 << 20, AWAKE = 200000 /* nanoseconds */ };

typedef struct {
    _Alignas(64) atomic_int people; /* helpers inside, and CLOSED while there is nothing to do */
    atomic_int taken;
    _Atomic(Crew *) crew;
} Door;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    Door doors[DOORS];
    _Alignas(64) atomic_uint calls; /* goes up with each */
    atomic_int made, sleeping, busy; /* helpers */
    pthread_once_t once;
} shop = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER,
          .once = PTHREAD_ONCE_INIT};

static int64_t clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void pause_briefly(void) {
    for (int k = 0; k < 8; k++) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
    }
}

/* Do items until none is left; -1 where there is no memory to begin. */
static int take_items(Crew *crew) {
    if (atomic_load(&crew->next) >= crew->items) return 0;
    void *room = aligned(crew->room);
    if (!room) return -1;
    for (;;) {
        Size item = (Size)atomic_fetch_add(&crew->next, 1);
        if (item >= crew->items || atomic_load(&crew->failed)) break;
        if (crew->run(crew->task, item, room)) atomic_store(&crew->failed, 1);
    }
    free(room);
    return 0;
}

/* Help at every door that is open and has not help enough; whether there was one. */
static int help(void) {
    int helped = 0;
    for (int k = 0; k < DOORS; k++) {
        Door *door = &shop.doors[k];
        if (atomic_load(&door->people) & CLOSED) continue;
        int before = atomic_fetch_add(&door->people, 1);
        if (!(before & CLOSED)) {
            Crew *crew = atomic_load(&door->crew);
            if (before < crew->helpers) {
                atomic_fetch_add(&shop.busy, 1);
                take_items(crew); /* without memory it leaves the items to others */
                atomic_fetch_sub(&shop.busy, 1);
                helped = 1;
            }
        }
        if (atomic_fetch_sub(&door->people, 1) == CLOSED + 1) { /* the last to leave: the caller may be asleep */
            pthread_mutex_lock(&shop.lock);
            pthread_cond_broadcast(&shop.done);
            pthread_mutex_unlock(&shop.lock);
        }
    }
    return helped;
}

static void *helper(void *unused) {
    unsigned seen = atomic_load(&shop.calls) - 1;
    int64_t until = 0;
    for (;;) {
        while (atomic_load(&shop.calls) == seen && clock_now() < until) pause_briefly();
        if (atomic_load(&shop.calls) == seen) {
            pthread_mutex_lock(&shop.lock);
            atomic_fetch_add(&shop.sleeping, 1);
            while (atomic_load(&shop.calls) == seen) pthread_cond_wait(&shop.work, &shop.lock);
            atomic_fetch_sub(&shop.sleeping, 1);
            pthread_mutex_unlock(&shop.lock);
        }
        seen = atomic_load(&shop.calls);
        if (help()) until = clock_now() + AWAKE; /* one whom nobody needs falls asleep */
    }
    return unused;
}

static void close_doors(void) {
    for (int k = 0; k < DOORS; k++) {
        atomic_store(&shop.doors[k].people, CLOSED);
        atomic_store(&shop.doors[k].taken, 0);
    }
}

/* In a forked process the helpers are gone, and what they held is as they left it. */
static void begin_anew(void) {
    pthread_mutex_init(&shop.lock, NULL);
    pthread_cond_init(&shop.work, NULL);
    pthread_cond_init(&shop.done, NULL);
    atomic_store(&shop.made, 0);
    atomic_store(&shop.sleeping, 0);
    atomic_store(&shop.busy, 0);
    close_doors();
}

static void open_shop(void) {
    close_doors();
    pthread_atfork(NULL, NULL, begin_anew);
}

/* Helpers are made when so many are first wanted. They leave signals to the threads of the program. */
static void hire(int wanted) {
    if (atomic_load(&shop.made) >= wanted) return;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&shop.lock);
    while (atomic_load(&shop.made) < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, helper, NULL)) break;
        pthread_detach(thread);
        atomic_fetch_add(&shop.made, 1);
    }
    pthread_mutex_unlock(&shop.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static Door *free_door(void) {
    for (int k = 0; k < DOORS; k++)
        if (!atomic_exchange(&shop.doors[k].taken, 1)) return &shop.doors[k];
    return NULL;
}

static void call_helpers(Door *door, Crew *crew) {
    atomic_store(&door->crew, crew);
    atomic_fetch_and(&door->people, ~CLOSED);
    atomic_fetch_add(&shop.calls, 1);
    int asleep = atomic_load(&shop.sleeping);
    int wanted = crew->helpers - (atomic_load(&shop.made) - asleep - atomic_load(&shop.busy)); /* but for the idle ones */
    if (!asleep || wanted <= 0) return;
    pthread_mutex_lock(&shop.lock);
    for (int k = 0; k < wanted && k < asleep; k++) pthread_cond_signal(&shop.work);
    pthread_mutex_unlock(&shop.lock);
}

/* No item is left: wait for those who are inside. */
static void wait_for_helpers(Door *door) {
    atomic_fetch_or(&door->people, CLOSED);
    int64_t until = clock_now() + AWAKE;
    while (atomic_load(&door->people) != CLOSED && clock_now() < until) pause_briefly();
    if (atomic_load(&door->people) != CLOSED) {
        pthread_mutex_lock(&shop.lock);
        while (atomic_load(&door->people) != CLOSED) pthread_cond_wait(&shop.done, &shop.lock);
        pthread_mutex_unlock(&shop.lock);
    }
    atomic_store(&door->taken, 0);
}

static int share(Item run, const void *task, Size items, Size room, Size threads) {
    int helpers = (int)min_size(min_size(threads, items), MOST_THREADS) - 1;
    Crew crew = {run, task, items, room, helpers, 0, 0};
    Door *door = NULL;
    if (helpers > 0) {
        pthread_once(&shop.once, open_shop);
        hire(helpers);
        door = free_door();
    }
    if (door) call_helpers(door, &crew);
    if (take_items(&crew)) atomic_store(&crew.failed, 1);
    if (door) wait_for_helpers(door);
    return atomic_load(&crew.failed) ? -1 : 0;
}
