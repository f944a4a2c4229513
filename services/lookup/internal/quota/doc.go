// Package quota is the arithmetic of a provider's quota: how a window is cut into slots, and when days and months begin. It is
// pure; what it computes is kept on the server by package budget.
//
// # The window
//
// A provider allows Q requests in any window of W. The window is cut into n = min(Q, 256) slots, whose shares add up to Q exactly.
// A slot is a subject that holds one message, and each message lives for TTL = W + H; to take a slot is to publish to it, which
// the server refuses while the last take lives. A take gives the permits of its share, and each is void H after the take was
// asked for, by the taker's stop-watch or its wall clock, whichever says more.
//
// No window ever holds more than Q requests. Let g be the server's time of a take, s the taker's moment of asking and c a request
// that a permit of it paid for. Then s <= g, as the server stores after it was asked, and s <= c <= s + H, as the permit is void
// afterwards; so c lies within [g - 0, g + H]. The requests of a window [t, t+W) have takes within (t-H, t+W), a span shorter than
// W + H. A take lives for W + H, so no slot can have been taken twice in that span: it holds at most one take of each slot, and the
// shares of all slots are Q. The clocks of workers do not enter, except as stop-watches. The server's does: where it steps forward by a
// TTL or more, all takes expire before their time, and the window around the step holds up to Q more. Each step costs one window at
// most, a smaller one a part of it, and nothing heals it but a server whose clock is slewed instead.
//
// The price is W / (W + H) of the quota: 98.4 % of a minute with H = 1 s, 85.7 % of six seconds. A time to live has whole seconds,
// so H has, too. Where shares are larger than one, whoever takes a slot has to spend all of its share within H; it may be up to 3 % of
// W then, and two seconds at most, since a hold is not heard of by whoever has permits in hand.
//
// Where one slot is kept for urgent requests the proof is the same: it is a slot like the others, that fewer may take. It is the last,
// whose share is the smallest; while nobody is urgent its share of the rate is not used, a quarter at four a minute, and 0.4 % from 256
// on. Where there are fewer than four slots none is kept.
//
// # Days and months
//
// They begin at 00:00 UTC. Nothing is taken within Guard of that moment, so that a request which our server counts on one day cannot be
// counted by the provider on the other, while their clocks differ by less than that, and before midnight by less than Guard - H.
//
// # Shares of a day
//
// Of D requests a day, R = ceil(reserve x D) are for urgent jobs, but one at least stays for the backlog. All lanes move one counter; the
// backlog is granted a request whose sum is D - R at most, an urgent one up to D. So urgent jobs find R left, whatever the backlog did,
// unless urgent jobs had them; and what urgent jobs use beyond R is less for the backlog. A lane with a ceiling moves a counter of its
// own as well, and is granted a request whose sum is floor(ceiling x D) at most. In the last hour of a day both end, so that what was
// kept for nobody is used. A month has neither.
//
// # The server's clock
//
// Days are the server's. A worker knows its time from a reading and from its own stop-watch since; for takes, a reading is gone by for
// ten minutes, and only while stop-watch and wall clock agree. The stop-watch stands still while a machine is suspended, and the wall
// clock does not: their difference tells, and voids what was asked for before.
//
// It does not tell where both stop alike, as when a hypervisor pauses a guest, restores it from a snapshot or moves it elsewhere, and
// does not set the guest's clock until later. What a worker has in hand then looks as young as it was. A permit is asked whether it is
// void immediately before its request is written, so this is one slot's share for each worker that was paused, in another window or
// on another day. The same goes for what a suspension and a step back of as much hide from each other. No worker can tell.
//
// A server whose clock steps forward over midnight begins the day too soon; one that steps back over it goes on with the counters of
// the day before, and what was counted on the new one meanwhile is not seen until midnight comes again. Where server and worker are one
// process, the worker's clock is the server's: a laptop that sleeps is no step, as the wall clock goes on, but a clock that is set is.
package quota
