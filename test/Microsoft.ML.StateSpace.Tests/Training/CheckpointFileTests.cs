using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;

namespace Microsoft.ML.StateSpace.Tests.Training;

/// <summary>Checkpoints that are damaged, forged, or another training's are refused, and the message says why.</summary>
[TestClass]
public sealed class CheckpointFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("statespace-").FullName;
    private readonly MLContext _ml = new();
    private readonly List<Row> _rows = Rows.Make(12);

    private string Checkpoint => Path.Combine(_folder, "checkpoint");

    private DeepMarkovTrainer.Options Options => Rows.Options(epochs: 1) with { CheckpointPath = Checkpoint };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void AnotherTrainingsIsRefusedWithTheDifference()
    {
        Train(Options);
        Refused(Options with { Epochs = 2 }, "option 'epochs' is 2 and was 1");
        Refused(Options with { LearningRate = 0.5, Seed = 4 }, "option 'learningRate' is 0.5 and was 0.001; option 'seed' is 4 and was 1");
        Refused(Options with { Optimizer = new Sgd() }, "option 'optimizer.type' is \"Sgd\" and was \"AdamW\"");
        Refused(Options with { Inference = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 9 } }, "option 'inference.hiddenSize' is 9 and was 8");
        Refused(Options with { ValidationSet = _ml.Data.LoadFromEnumerable(Rows.Make(3)) }, "there is a validation set and was none");
        Train(Options with { ResumeFrom = Checkpoint, MaxTime = TimeSpan.FromHours(1) });

        _rows[4].Observations[2] += 1e-6f;
        Refused(Options, "the training data have other values, or another order of rows");
        _rows[4].Observations[2] -= 1e-6f;
        _rows[5].Name = "other";
        Refused(Options, "the training data have other values, or another order of rows");
        _rows.RemoveAt(3);
        Refused(Options, "the training data have 11 rows and had 12");
    }

    [TestMethod]
    public void ItMustBeThereAndBeOne()
    {
        var missing = Assert.ThrowsExactly<FileNotFoundException>(() => Train(Options with { ResumeFrom = Checkpoint }));
        StringAssert.Contains(missing.Message, Checkpoint);
        File.WriteAllText(Checkpoint, "no zip at all");
        Refused(Options, "is no checkpoint, or a damaged one");
        using (var model = _ml.StateSpace.Trainers.DeepMarkov(Options with { CheckpointPath = null }).Fit(_ml.Data.LoadFromEnumerable(_rows)))
            _ml.Model.Save(model, null, Checkpoint);
        Refused(Options, "it lacks 'sha256.json'");
    }

    [TestMethod]
    public void APlaceThatCannotBeWrittenIsFoundOutBeforeTheWork()
    {
        Directory.CreateDirectory(Checkpoint);
        var log = new UpdateLog();
        var error = Assert.ThrowsExactly<IOException>(() => Train(Options with { Observer = log }));
        StringAssert.Contains(error.Message, $"The checkpoint '{Checkpoint}' cannot be written");
        Assert.HasCount(0, log.Updates);
    }

    [TestMethod]
    public void WrongOptionsAreNamed()
    {
        var error = Assert.ThrowsExactly<OptionsException>(() => (Options with { CheckpointPath = "", ResumeFrom = "", CheckpointEvery = new(Epochs: 0) }).Check());
        foreach (string name in new[] { "CheckpointPath", "ResumeFrom", "CheckpointEvery.Epochs" })
            StringAssert.Contains(error.Message, name);
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => (Options with { CheckpointEvery = new() }).Check()).Message, "one of them must be set");
    }

    [TestMethod]
    public void EveryDamagedCopyIsRefused() => DamagedCopiesAreRefused(100);

    [TestMethod]
    [TestCategory("Long")]
    public void AThousandDamagedCopiesAreRefused() => DamagedCopiesAreRefused(1000);

    private void DamagedCopiesAreRefused(int copies)
    {
        Train(Options);
        byte[] bytes = File.ReadAllBytes(Checkpoint);
        string whole = Contents();
        var random = new Random(copies);
        int refused = 0;
        for (int copy = 0; copy < copies; copy++)
        {
            byte[] damaged = copy % 4 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes];
            for (int i = 0; i <= copy % 3 && copy % 4 > 0; i++)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Checkpoint, damaged);
            try
            {
                // A date in the zip may be damaged; what the training reads may not.
                Assert.AreEqual(whole, Contents());
            }
            catch (InvalidDataException error)
            {
                StringAssert.Contains(error.Message, Checkpoint);
                refused++;
            }
        }
        Assert.IsGreaterThan(copies * 9 / 10, refused);
    }

    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-2,-2],"data_offsets":[0,16]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""")]
    [DataRow("""{"a":{"dtype":"X9","shape":[4],"data_offsets":[0,16]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}""")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4]}}""")]
    [DataRow("""[1]""")]
    public void AForgedTensorGetsNoMemory(string header)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + text.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(file, text.Length);
        text.CopyTo(file, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.ThrowsExactly<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(file), file.Length));
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private string Contents()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var (content, tensors) = CheckpointFile.Read(Checkpoint);
        return string.Join("\n", tensors.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key} {t.Value.dtype} {string.Join(',', t.Value.shape)} {Convert.ToHexString(t.Value.bytes)}"))
            + string.Join("\n", content.Progress.Epochs) + content.Identity.Options.ToJsonString() + content.Identity.Train + content.Stage;
    }

    private void Refused(DeepMarkovTrainer.Options options, string why)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Train(options with { ResumeFrom = Checkpoint }));
        StringAssert.Contains(error.Message, why);
        StringAssert.Contains(error.Message, Checkpoint);
    }

    private void Train(DeepMarkovTrainer.Options options) => _ml.StateSpace.Trainers.DeepMarkov(options).Fit(_ml.Data.LoadFromEnumerable(_rows)).Dispose();
}
