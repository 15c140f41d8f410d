using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

[TestClass]
public sealed class TensorBoardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // RFC 3720, appendix B.4, and the check value of the CRC catalogues.
    [TestMethod]
    public void ChecksumsAreThePublishedOnes()
    {
        Assert.AreEqual(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.AreEqual(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.AreEqual(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.AreEqual(0x46DD794Eu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.AreEqual(0x113FDB5Cu, Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
        // (0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8
        Assert.AreEqual(0xC78AB0E5u, Crc32C.Masked("123456789"u8));
    }

    // The examples of the encoding's own description: field 1 = 150, field 2 = "testing".
    [TestMethod]
    public void MessagesAreEncodedAsDescribed()
    {
        Assert.AreEqual("089601", Convert.ToHexStringLower(new ProtobufWriter().Integer(1, 150).ToArray()));
        Assert.AreEqual("120774657374696e67", Convert.ToHexStringLower(new ProtobufWriter().Text(2, "testing").ToArray()));
        Assert.AreEqual("1a03089601", Convert.ToHexStringLower(new ProtobufWriter().Message(3, new ProtobufWriter().Integer(1, 150)).ToArray()));
        Assert.AreEqual("08ffffffffffffffffff01", Convert.ToHexStringLower(new ProtobufWriter().Integer(1, -1).ToArray()));
        Assert.AreEqual("09000000000000f03f150000c0bf", Convert.ToHexStringLower(new ProtobufWriter().Double(1, 1).Float(2, -1.5f).ToArray()));
    }

    [TestMethod]
    public void EveryEpochOfEveryStageIsReadBack()
    {
        var clock = new Clock(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var next = new Stopper();
        using (var observer = new TensorBoardObserver(_folder, next, clock))
        {
            Assert.IsTrue(observer.OnEpoch(Epoch(TrainingStage.Model, 1, 10, -3.5, isBest: true)));
            Assert.IsTrue(observer.OnEpoch(Epoch(TrainingStage.Model, 2, 20, double.NaN, isBest: false)));
            Assert.IsFalse(observer.OnEpoch(Epoch(TrainingStage.FilteringProposal, 1, 10, -0.5, isBest: true)), "the other observer stops");
        }
        Assert.AreEqual("model filtering_proposal", string.Join(' ', Directory.GetDirectories(_folder).Select(Path.GetFileName).OrderDescending()));
        string file = Directory.GetFiles(Path.Combine(_folder, "model")).Single();
        StringAssert.StartsWith(Path.GetFileName(file), "events.out.tfevents.1700000000.");
        Event[] events = [.. Read(file)];
        Assert.AreEqual("brain.Event:2", events[0].FileVersion);
        Assert.AreEqual((1_700_000_000.0, 10L, 1), (events[1].WallTime, events[1].Step, events[1].SessionStatus), "a session begins at the first epoch's updates");
        Assert.HasCount(4, events);
        Assert.AreEqual(10, events[2].Step);
        Assert.AreEqual("bound/best_validation=-3.5 bound/train=-3 bound/validation=-3.5 optimizer/gradient_norm=2 optimizer/kl_weight=0.5 optimizer/learning_rate=0.125 "
            + "terms/kl=0.75 terms/negative_log_likelihood=2.25 time/epoch=1 time/seconds=4", Text(events[2]));
        Assert.AreEqual(20, events[3].Step);
        Assert.IsFalse(events[3].Scalars.ContainsKey("bound/validation"), "what is no number is not written");
        Assert.AreEqual(-3.5f, events[3].Scalars["bound/best_validation"]);
        Assert.HasCount(3, Read(Directory.GetFiles(Path.Combine(_folder, "filtering_proposal")).Single()).ToArray());
    }

    [TestMethod]
    public void ATrainingThatGoesOnWritesAnotherFileThatReplacesWhatItRepeats()
    {
        foreach (long updates in new long[] { 10, 7 })
        {
            using var observer = new TensorBoardObserver(_folder);
            observer.OnEpoch(Epoch(TrainingStage.Model, 1, updates, -1, isBest: true));
        }
        string[] files = [.. Directory.GetFiles(Path.Combine(_folder, "model")).Order(StringComparer.Ordinal)];
        Assert.HasCount(2, files);
        Assert.AreEqual((7L, 1), (Read(files[1]).ElementAt(1).Step, Read(files[1]).ElementAt(1).SessionStatus));
    }

    [TestMethod]
    public void AFileCanBeReadWhileItIsWritten()
    {
        using var observer = new TensorBoardObserver(_folder);
        observer.OnEpoch(Epoch(TrainingStage.Model, 1, 10, -1, isBest: true));
        Assert.HasCount(3, Read(Directory.GetFiles(Path.Combine(_folder, "model")).Single()).ToArray());
    }

    private static EpochRecord Epoch(TrainingStage stage, int epoch, long updates, double validation, bool isBest) =>
        new(stage, epoch, updates, -3, -2.25, 0.75, validation, 0.5, 0.125, 2, 4, isBest);

    private static string Text(Event e) => string.Join(' ', e.Scalars.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => FormattableString.Invariant($"{s.Key}={s.Value}")));

    /// <summary>A reader of its own: records, checksums by polynomial division, messages field by field.</summary>
    internal static IEnumerable<Event> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        byte[] bytes = copy.ToArray();
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.AreEqual(MaskedByDivision(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)), "the length's checksum");
            Assert.AreEqual(MaskedByDivision(bytes.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)), "the message's checksum");
            yield return Event.Of(bytes[(at + 12)..(at + 12 + length)]);
            at += 16 + length;
        }
    }

    private static uint MaskedByDivision(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8);
    }

    internal sealed record Event(double WallTime, long Step, string? FileVersion, int SessionStatus, Dictionary<string, float> Scalars)
    {
        public static Event Of(byte[] message)
        {
            var result = new Event(0, 0, null, 0, []);
            foreach (var (field, number, bytes) in Fields(message))
                result = field switch
                {
                    1 => result with { WallTime = BitConverter.UInt64BitsToDouble(number) },
                    2 => result with { Step = (long)number },
                    3 => result with { FileVersion = Encoding.UTF8.GetString(bytes) },
                    5 => result.WithScalars(bytes),
                    7 => result with { SessionStatus = (int)Fields(bytes).Single(f => f.Field == 1).Number },
                    _ => throw new InvalidDataException($"field {field}"),
                };
            return result;
        }

        private Event WithScalars(byte[] summary)
        {
            foreach (var (_, _, value) in Fields(summary))
            {
                var parts = Fields(value).ToList();
                Scalars.Add(Encoding.UTF8.GetString(parts.Single(p => p.Field == 1).Bytes), BitConverter.UInt32BitsToSingle((uint)parts.Single(p => p.Field == 2).Number));
            }
            return this;
        }

        private static IEnumerable<(int Field, ulong Number, byte[] Bytes)> Fields(byte[] message)
        {
            int at = 0;
            while (at < message.Length)
            {
                ulong key = Varint();
                switch (key & 7)
                {
                    case 0:
                        yield return ((int)(key >> 3), Varint(), []);
                        break;
                    case 1:
                        yield return ((int)(key >> 3), BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []);
                        at += 8;
                        break;
                    case 5:
                        yield return ((int)(key >> 3), BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []);
                        at += 4;
                        break;
                    case 2:
                        int length = (int)Varint();
                        yield return ((int)(key >> 3), 0, message[at..(at + length)]);
                        at += length;
                        break;
                    default:
                        throw new InvalidDataException($"wire type {key & 7}");
                }
            }

            ulong Varint()
            {
                ulong value = 0;
                for (int shift = 0; ; shift += 7)
                {
                    byte b = message[at++];
                    value |= (ulong)(b & 0x7f) << shift;
                    if (b < 0x80)
                        return value;
                }
            }
        }
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class Stopper : ITrainingObserver
    {
        public bool OnEpoch(EpochRecord epoch) => epoch.Stage == TrainingStage.Model;
    }
}
