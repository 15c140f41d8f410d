using System.Buffers.Binary;
using System.Globalization;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>An event file of TensorBoard: a chain of records, each an <c>Event</c> message with checksums around it.</summary>
internal sealed class EventFile : IDisposable
{
    // event.proto, of TensorFlow.
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7;
    private const int SummaryValue = 1, Tag = 1, SimpleValue = 2, Status = 1, Start = 1;

    private static int s_files;

    private readonly FileStream _stream;
    private readonly TimeProvider _clock;

    /// <summary>Creates a new file in a folder, which is made where there is none.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public EventFile(string folder, TimeProvider clock)
    {
        _clock = clock;
        Directory.CreateDirectory(folder);
        // The name sorts by time, and no other writer has it.
        string name = string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{clock.GetUtcNow().ToUnixTimeSeconds():d10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref s_files)}");
        _stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        Write(Event(0).Text(FileVersion, "brain.Event:2"));
    }

    /// <summary>Says that what earlier files of the folder hold from a step on is superseded.</summary>
    public void Begin(long step) => Write(Event(step).Message(SessionLog, new ProtobufWriter().Integer(Status, Start)));

    /// <summary>Writes numbers of a step, and hands them to the file system.</summary>
    public void Add(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new ProtobufWriter();
        foreach (var (tag, value) in scalars)
            summary.Message(SummaryValue, new ProtobufWriter().Text(Tag, tag).Float(SimpleValue, (float)value));
        Write(Event(step).Message(Summary, summary));
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private ProtobufWriter Event(long step) =>
        new ProtobufWriter().Double(WallTime, (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds).Integer(Step, step);

    // The length, its checksum, the message, its checksum.
    private void Write(ProtobufWriter message)
    {
        byte[] bytes = message.ToArray();
        Span<byte> frame = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[sizeof(ulong)..], Crc32C.Masked(frame[..sizeof(ulong)]));
        _stream.Write(frame);
        _stream.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Crc32C.Masked(bytes));
        _stream.Write(frame[..sizeof(uint)]);
    }
}
