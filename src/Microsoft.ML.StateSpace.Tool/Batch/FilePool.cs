using System.Runtime.ExceptionServices;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>Threads that take files from one list, in its order.</summary>
internal static class FilePool
{
    /// <summary>Works on every file; the first failure, or a cancellation, ends all work and is thrown here.</summary>
    /// <param name="files">The files.</param>
    /// <param name="workers">Files at a time.</param>
    /// <param name="work">Given a file and a token that says when to stop.</param>
    /// <param name="cancellation">Ends all work.</param>
    public static void Run(IReadOnlyList<BatchInput> files, int workers, Action<BatchInput, CancellationToken> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ExceptionDispatchInfo? failure = null;
        int next = -1;
        void Work()
        {
            try
            {
                while (Interlocked.Increment(ref next) is var i && i < files.Count)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    work(files[i], stop.Token);
                }
            }
            // Whatever it is, it is thrown again on the caller's thread.
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                stop.Cancel();
            }
        }

        Thread[] threads = [.. Enumerable.Range(1, Math.Min(workers, files.Count)).Select(n => new Thread(Work) { Name = $"scoring {n}" })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        failure?.Throw();
    }
}
