using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Threads that share what is to be done, again and again.</summary>
/// <remarks>Between two tasks they stay awake for a moment: a thread that has gone to sleep is often woken behind the very one that woke it, and stands
/// there until the scheduler's next tick, 4 ms where that comes 250 times a second.</remarks>
internal sealed class WorkerTeam : IDisposable
{
    private readonly Member[] _others;

    /// <param name="size">How many threads there are, the caller's among them.</param>
    public WorkerTeam(int size)
    {
        var awake = size <= Environment.ProcessorCount ? TimeSpan.FromMilliseconds(5) : TimeSpan.Zero;
        _others = [.. Enumerable.Range(1, size - 1).Select(i => new Member($"worker {i + 1} of {size}", awake))];
    }

    /// <summary>Deals things among the threads, the largest first, each to who has least: the places of each one's, in order; nobody has none.</summary>
    /// <param name="all">The things.</param>
    /// <param name="size">How large one is.</param>
    public int[][] Deal<T>(IReadOnlyList<T> all, Func<T, long> size)
    {
        var dealt = Enumerable.Range(0, Math.Max(1, Math.Min(_others.Length + 1, all.Count))).Select(_ => (Size: 0L, Places: new List<int>())).ToArray();
        foreach (int place in Enumerable.Range(0, all.Count).OrderByDescending(place => size(all[place])))
        {
            ref var least = ref dealt[Array.IndexOf(dealt, dealt.MinBy(share => share.Size))];
            least.Places.Add(place);
            least.Size += size(all[place]);
        }
        return [.. dealt.Select(share => share.Places.Order().ToArray())];
    }

    /// <summary>Runs a task for each of some things, at most one for each thread, the first here; returns when all are done.</summary>
    /// <remarks>What a task throws is thrown here, when none runs any more: the first one's if it throws, else another's.</remarks>
    public void Together<T>(IReadOnlyList<T> all, Action<T> run)
    {
        for (int i = 1; i < all.Count; i++)
        {
            var one = all[i];
            _others[i - 1].Give(() => run(one));
        }
        try
        {
            run(all[0]);
        }
        finally
        {
            // Nobody may still read weights that the caller is about to change or dispose of.
            for (int i = 1; i < all.Count; i++)
                _others[i - 1].Await();
        }
        for (int i = 1; i < all.Count; i++)
            _others[i - 1].ThrowFault();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var other in _others)
            other.Dispose();
    }

    private sealed class Member : IDisposable
    {
        private readonly Turn _turn;
        private readonly Thread _thread;
        private Action? _task;
        private ExceptionDispatchInfo? _fault;

        public Member(string name, TimeSpan awake)
        {
            _turn = new Turn(awake);
            _thread = new Thread(Work) { IsBackground = true, Name = name };
            _thread.Start();
        }

        public void Give(Action task)
        {
            (_task, _fault) = (task, null);
            _turn.Become(State.Working);
        }

        public void Await() => _turn.Until(State.Idle);

        public void ThrowFault() => _fault?.Throw();

        public void Dispose()
        {
            _turn.Become(State.Leaving);
            _thread.Join();
        }

        private void Work()
        {
            while (_turn.UntilNot(State.Idle) == State.Working)
            {
                try
                {
                    _task!();
                }
                catch (Exception fault)
                {
                    // Whoever gave the task throws it.
                    _fault = ExceptionDispatchInfo.Capture(fault);
                }
                _task = null;
                _turn.Become(State.Idle);
            }
        }
    }

    private enum State
    {
        Idle,
        Working,
        Leaving,
    }

    // Whose turn it is, of one who gives tasks and one who does them.
    private sealed class Turn(TimeSpan awake)
    {
        private const int SpinsBetweenLooks = 20;

        private readonly object _lock = new();
        private volatile State _state;

        public void Become(State state)
        {
            lock (_lock)
            {
                _state = state;
                Monitor.PulseAll(_lock);
            }
        }

        public void Until(State state) => Wait(now => now == state);

        public State UntilNot(State state) => Wait(now => now != state);

        private State Wait(Func<State, bool> isOver)
        {
            for (long start = Stopwatch.GetTimestamp(); !isOver(_state) && Stopwatch.GetElapsedTime(start) < awake;)
                Thread.SpinWait(SpinsBetweenLooks);
            lock (_lock)
                while (!isOver(_state))
                    Monitor.Wait(_lock);
            return _state;
        }
    }
}
