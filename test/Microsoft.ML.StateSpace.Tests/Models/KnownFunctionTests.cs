using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Tests.Trainers;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

/// <summary>Transitions and emissions of known functional form.</summary>
[TestClass]
public class KnownFunctionTests
{
    [TestMethod]
    [DataRow("synthetic9")]
    [DataRow("synthetic10")]
    [DataRow("synthetic11")]
    public void TheBuiltInTransitionsAreThoseThatDrawTheData(string name)
    {
        using var scope = NewDisposeScope();
        var system = SyntheticSystems.Get(name);
        var module = Create(new FunctionTransition { Function = name, Scalars = Truth(name) }, system.LatentSize);
        var z = randn([50, system.LatentSize], ScalarType.Float64, generator: new Generator(3)) * 3;
        // The system wants [dimension, state].
        double[] states = z.t().contiguous().reshape(-1).data<double>().ToArray(), means = new double[states.Length];
        system.Transition(states, means, 50);
        var (mean, variance) = module.call(z).Moments!.Value;
        // α = 0.5 is a Single exactly, β = −0.1 nearly.
        Assert.AreEqual(0, (mean.t() - tensor(means, [system.LatentSize, 50])).abs().max().item<double>(), 1e-6);
        Assert.AreEqual(0, (variance - system.TransitionVariance).abs().max().item<double>(), 0.0);
    }

    /// <summary>The same likelihood as the system's own bootstrap filter, on the same sequences.</summary>
    [TestMethod]
    public void TheLikelihoodIsTheSystemsOwn()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var system = SyntheticSystems.Get("synthetic11");
        var split = system.Draw(20, 15, new NumpyLegacyRandom(5));
        double expected = new BootstrapParticleFilter(system, 4000).Run(split).LogLikelihoodPerStep;
        var sequences = Enumerable.Range(0, 20).Select(i => new Sequence(2, [.. split.ObservationsOf(i).ToArray().Select(x => (float)x)], id: $"{i}")).ToList();
        var model = Model("synthetic11") with { Transition = new FunctionTransition { Function = "synthetic11", Scalars = Truth("synthetic11") } };
        using var module = model.Create(new DataShape(2), new Initializer(1));
        using var batch = SequenceBatch.Create(sequences);
        using var noise = new RowNoise(1, batch.NoiseKeys, 4000);
        var terms = ParticleLoop.Run(module, new BootstrapProposal(), batch, noise, ResamplingCriterion.EffectiveSampleSize);
        Assert.AreEqual(expected, terms.LogEvidence.sum().item<float>() / (20 * 15), 0.01);
    }

    [TestMethod]
    public void ScalarsBeginWhereTheOptionsSay()
    {
        using var scope = NewDisposeScope();
        var options = new FunctionTransition
        {
            Function = "synthetic11",
            Scalars = new Dictionary<string, FunctionScalar> { ["alpha"] = new() { Initial = 0.75, Learned = false }, ["beta"] = new() { Lowest = 2, Highest = 3 } },
        };
        float[] betas = [.. Enumerable.Range(1, 20).Select(seed => Scalar(options.Create(2, 2, new Initializer(seed)), "beta").item<float>())];
        Assert.IsTrue(betas.All(b => b is >= 2 and <= 3) && betas.Max() - betas.Min() > 0.5f);
        Assert.AreEqual(betas[4], Scalar(options.Create(2, 2, new Initializer(5)), "beta").item<float>());
        var alpha = Scalar(options.Create(2, 2, new Initializer(1)), "alpha");
        Assert.AreEqual(0.75f, alpha.item<float>());
        Assert.IsFalse(alpha.requires_grad);
        float[] plain = [.. Enumerable.Range(1, 20).Select(seed =>
            Scalar(new FunctionTransition { Function = "synthetic11" }.Create(2, 2, new Initializer(seed)), "alpha").item<float>())];
        Assert.IsTrue(plain.All(a => a is >= -0.2f and <= 0.2f) && plain.Max() > 0.05f && plain.Min() < -0.05f);
    }

    [TestMethod]
    public void AVarianceGivenIsPerDimensionAndLearnedOnlyIfAsked()
    {
        using var scope = NewDisposeScope();
        var known = Create(new FunctionTransition { Function = "synthetic11", Variance = [0.5, 4] }, 2);
        CollectionAssert.AreEqual(new[] { 0.5, 4.0 }, Rounded(known.call(zeros([1, 2], ScalarType.Float64)).Variance));
        Assert.AreEqual(0, known.parameters().Count(p => p.requires_grad && p.numel() == 2));
        var learned = Create(new FunctionTransition { Function = "synthetic11", Variance = [3], LearnVariance = true }, 2);
        CollectionAssert.AreEqual(new[] { 3.0, 3.0 }, Rounded(learned.call(zeros([1, 2], ScalarType.Float64)).Variance));
        Assert.AreEqual(1, learned.parameters().Count(p => p.requires_grad && p.numel() == 2));
    }

    [TestMethod]
    public void OptionsSurviveJsonByValue()
    {
        var options = Options();
        var read = OptionsJson.Read(OptionsJson.Write(options));
        Assert.AreEqual(options, read);
        var transition = (FunctionTransition)((DeepMarkovModel)read.Generative).Transition;
        Assert.AreEqual(-0.05, transition.Scalars["beta"].Initial);
        Assert.AreNotEqual(transition, transition with { Scalars = new Dictionary<string, FunctionScalar>() });
        Assert.AreNotEqual(transition, transition with { Variance = [1, 3] });
        StringAssert.Contains(Assert.ThrowsExactly<OptionsException>(() => OptionsJson.Read(OptionsJson.Write(options).Replace("initial\"", "start\""))).Message,
            "Unknown option 'generative.transition.scalars.beta.start'; known: 'initial'");
    }

    [TestMethod]
    public void FaultsAreNamed()
    {
        StringAssert.StartsWith(new FunctionTransition().Validate().Single(), "Function is ''");
        AssertFault(new FunctionTransition { Function = "unheard" }, "Function is 'unheard', which this program has not registered");
        AssertFault(new FunctionTransition { Function = "half" }, "Variance is not given, and 'half' has none of its own");
        AssertFault(new FunctionTransition { Function = "half", Variance = [1, 0] }, "Variance is [1, 0]; it must be one or more numbers above 0.");
        AssertFault(new FunctionTransition { Function = "synthetic10", LearnVariance = true }, "LearnVariance needs a Variance");
        var gamma = new Dictionary<string, FunctionScalar> { ["gamma"] = new(), ["alpha"] = new() { Lowest = 1, Highest = 0 } };
        var faults = new FunctionTransition { Function = "synthetic11", Scalars = gamma }.Validate().ToArray();
        StringAssert.StartsWith(faults[0], "Scalars holds 'gamma', which 'synthetic11' does not read; it reads 'alpha', 'beta'.");
        StringAssert.StartsWith(faults[1], "Scalars.alpha.Lowest is 1 and Highest 0");
        var model = Model("synthetic11") with { LatentSize = 3 };
        CollectionAssert.Contains(model.Validate().ToArray(), "Transition: Function 'synthetic11' is one of 2 latent numbers; LatentSize is 3.");
        CollectionAssert.Contains(model.FaultsWith(new DataShape(2)).ToArray(), "Emission: Function 'half' gives 3 numbers where 2 are needed.");
        CollectionAssert.Contains((Model("synthetic11") with { InitialVariance = 0 }).Validate().ToArray(), "InitialVariance is 0; it must be above 0.");
    }

    [TestMethod]
    public void ANameBelongsToOneFunction()
    {
        KnownFunction first = new((z, _) => z), second = new((z, _) => -z);
        KnownFunctions.Register("test-one-function", first);
        KnownFunctions.Register("test-one-function", first);
        CollectionAssert.Contains(KnownFunctions.Names.ToArray(), "test-one-function");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => KnownFunctions.Register("test-one-function", second)).Message, "test-one-function");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => KnownFunctions.Register("test-dotted", first with { Scalars = ["a.b"] })).Message, "a.b");
    }

    [TestMethod]
    public void ASavedModelNamesItsFunctions()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(Rows.Make(12));
        using var model = ml.StateSpace.Trainers.DeepMarkov(Options()).Fit(data);
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        stream.Position = 0;
        using var loaded = (DeepMarkovTransformer)new MLContext().Model.Load(stream, out _);
        Assert.AreEqual(model.Options with { ValidationSet = null }, loaded.Options);
        foreach (var (before, after) in Scores(ml, model, data).Zip(Scores(ml, loaded, data)))
            CollectionAssert.AreEqual(before, after);
        using var elsewhere = Renamed(stream, "synthetic11", "of-another-program");
        var error = Assert.Throws<Exception>(() => new MLContext().Model.Load(elsewhere, out _)).GetBaseException();
        StringAssert.Contains(error.Message, "Function is 'of-another-program', which this program has not registered");
    }

    private static DeepMarkovTrainer.Options Options() => Rows.Options(epochs: 1) with { Generative = Model("synthetic11") };

    private static DeepMarkovModel Model(string system) => new()
    {
        LatentSize = 2,
        Transition = new FunctionTransition { Function = system, Scalars = new Dictionary<string, FunctionScalar> { ["beta"] = new() { Initial = -0.05 } }, Variance = [1, 2] },
        Emission = new FunctionEmission { Function = "half", Variance = [0.1] },
        LearnInitialPrior = false,
        InitialVariance = 0.01,
    };

    private static Dictionary<string, FunctionScalar> Truth(string system) => system != "synthetic11" ? []
        : new() { ["alpha"] = new() { Initial = 0.5 }, ["beta"] = new() { Initial = -0.1 } };

    private static TransitionModule Create(FunctionTransition options, int size)
    {
        Assert.AreEqual("", string.Join(" ", options.Validate().Concat(options.FaultsWith(size))));
        var module = options.Create(size, size, new Initializer(1));
        module.to(ScalarType.Float64);
        return module;
    }

    private static Tensor Scalar(nn.Module module, string name) => module.named_parameters().Single(p => p.name.EndsWith(name, StringComparison.Ordinal)).parameter;

    private static double[] Rounded(Tensor values) => [.. values.reshape(-1).data<double>().ToArray().Select(v => Math.Round(v, 6))];

    private static void AssertFault(FunctionTransition options, string sentence) => StringAssert.Contains(string.Join(" ", options.Validate()), sentence);

    private static List<float[]> Scores(MLContext ml, ITransformer model, IDataView data) =>
        [.. ml.Data.CreateEnumerable<ScoredRow>(model.Transform(data), reuseRowObject: false).Select(row => row.LogLikelihood.Concat(row.Forecast).ToArray())];

    // The same model as a program that registered another name would have saved it, checksum and all.
    private static MemoryStream Renamed(MemoryStream model, string from, string to)
    {
        var stream = new MemoryStream();
        stream.Write(model.ToArray());
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            byte[] before = [], after = [];
            Rewrite(zip, "options.json", bytes =>
            {
                before = SHA256.HashData(bytes);
                byte[] renamed = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(from, to));
                after = SHA256.HashData(renamed);
                return renamed;
            });
            Rewrite(zip, "Model.key", bytes =>
            {
                after.CopyTo(bytes, bytes.AsSpan().IndexOf(before));
                return bytes;
            });
        }
        stream.Position = 0;
        return stream;
    }

    private static void Rewrite(ZipArchive zip, string name, Func<byte[], byte[]> change)
    {
        var entry = zip.Entries.Single(e => e.FullName.EndsWith(name, StringComparison.Ordinal));
        using var content = new MemoryStream();
        using (var old = entry.Open())
            old.CopyTo(content);
        string path = entry.FullName;
        entry.Delete();
        using var written = zip.CreateEntry(path).Open();
        written.Write(change(content.ToArray()));
    }
}
