namespace TorchSharp.Interop;

/// <summary>
/// Tells the garbage collector of the memory that tensors hold outside its heap, in steps large enough to cost nothing, so that
/// tensors nobody disposed are collected before they pile up.
/// </summary>
internal static class NativeMemory
{
    private const long Step = 32L << 20;
    private static long unreported;
    private static long reported;

    internal static void Add(long bytes)
    {
        if (bytes != 0 && Interlocked.Add(ref unreported, bytes) >= Step) Report();
    }

    internal static void Remove(long bytes)
    {
        if (bytes != 0 && Interlocked.Add(ref unreported, -bytes) <= -Step) Report();
    }

    private static void Report()
    {
        long change = Interlocked.Exchange(ref unreported, 0);
        if (change > 0)
        {
            Interlocked.Add(ref reported, change);
            GC.AddMemoryPressure(change);
        }
        else if (change < 0)
        {
            Interlocked.Add(ref reported, change);
            GC.RemoveMemoryPressure(-change);
        }
    }
}
