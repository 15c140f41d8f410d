namespace Microsoft.ML.Runtime;

/// <summary>A progress channel that nobody listens to: as in ML.NET, an <c>MLContext</c> shows no progress.</summary>
internal sealed class ProgressChannel(IExceptionContext ectx, bool subordinate = false) : IProgressChannel
{
    private ProgressHeader _header = new(null);
    private bool _disposed;

    public IProgressChannel StartProgressChannel(string name) => new ProgressChannel(ectx, subordinate: true);

    public void SetHeader(ProgressHeader header, Action<IProgressEntry> fillAction) => _header = header;

    public void Checkpoint(params double?[] values)
    {
        if (subordinate)
            return;
        ectx.Check(!_disposed, "Can't report checkpoints after disposing");
        int room = _header.MetricNames.Count + 2 * _header.UnitNames.Count;
        ectx.Check((values?.Length ?? 0) <= room, "Too many values provided in Checkpoint");
    }

    public void Dispose() => _disposed = true;
}
