using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The configs of examples/configs: every published row has one, each is legal, and its networks fit together.</summary>
[TestClass]
public class ConfigTests
{
    private const int Keys = 88;
    private const int Frame = 200;

    // The deviation of the digits' training samples, as convert writes it into the Parquet file.
    private const double SpeechDeviation = 0.058682204712177055;

    private static readonly string[] s_sets = ["jsb", "nottingham", "piano"];

    private static readonly string[] s_rows =
    [
        "dmm", "dmm-aug", "dmm-aug-nade", "st-r", "st-l", "mf-lr", "vrnn-elbo", "vrnn-iwae", "vrnn-fivo", "srnn", "srnn-avf",
    ];

    private static string Folder => Path.Combine(Repository.Root, "examples", "configs");

    public static IEnumerable<object[]> Files => Directory.GetFiles(Folder, "*.json").Order().Select(f => new object[] { Path.GetFileNameWithoutExtension(f) });

    public static IEnumerable<object[]> MusicFiles => Files.Where(f => s_sets.Contains(((string)f[0]).Split('-')[0]));

    public static IEnumerable<object[]> SpeechFiles => Files.Where(f => ((string)f[0]).StartsWith("speech-", StringComparison.Ordinal));

    [TestMethod]
    public void EveryPublishedRowHasOne()
    {
        string[] wanted =
        [
            .. s_sets.SelectMany(set => s_rows.Select(row => $"{set}-{row}")),
            "jsb-dmm-decay", "jsb-dmm-gru", "jsb-st-lr", "jsb-pyro", "jsb-pyro-iaf", "jsb-vrnn-fivo-16", "jsb-srnn-avf-5",
            "speech-ar", "speech-vrnn-elbo", "speech-vrnn-fivo", "speech-vrnn-avf", "speech-srnn", "speech-srnn-fivo", "speech-srnn-avf",
        ];
        CollectionAssert.AreEquivalent(wanted, MusicFiles.Concat(SpeechFiles).Select(f => f[0]).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void TheNetworksFitTogether(string name)
    {
        var options = Read(name);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        int size = options.ObservationSize!.Value;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, new DataShape(size, options.ControlSize ?? 0, options.TimeColumnName is not null), ReadsMask: false)
        {
            Bound = options.Bound,
        };
        Assert.AreEqual("", string.Join(" ", parts.Faults()));
        using var networks = parts.Create(1, options.WeightInit);
        using var batch = SequenceBatch.Create([Binary(size, steps: 3, options), Binary(size, steps: 2, options)]);
        networks.eval();
        foreach (var inference in new[] { networks.Inference, networks.FilteringProposal })
        {
            using var noise = new RowNoise(1, batch.NoiseKeys, options.Bound.ValidationParticles);
            var terms = options.Bound.Evaluate(new BoundQuery(networks.Generative, inference, batch, noise) { Tilt = networks.Tilt });
            CollectionAssert.AreEqual(new long[] { 2 }, terms.Objective.shape);
            Assert.IsTrue(terms.Objective.isfinite().all().item<bool>());
        }
    }

    [TestMethod]
    [DynamicData(nameof(MusicFiles))]
    public void MusicHas88BinaryKeysPerStep(string name)
    {
        var options = Read(name);
        Assert.AreEqual(Keys, options.ObservationSize);
        Assert.IsTrue(EmissionOf(options) is BernoulliEmission or NadeEmission);
    }

    [TestMethod]
    [DynamicData(nameof(SpeechFiles))]
    public void SpeechHasBinsOf16BitSamples(string name)
    {
        var options = Read(name);
        Assert.AreEqual(Frame, options.ObservationSize);
        var emission = (DiscretizedGaussianEmission)EmissionOf(options);
        Assert.AreEqual(Math.Pow(2, -15) / SpeechDeviation, emission.BinWidth, 1e-10);
    }

    [TestMethod]
    [DataRow("jsb")]
    [DataRow("nottingham")]
    [DataRow("piano")]
    [DataRow("speech")]
    public void TheBoundsAreComparedAtEqualUpdates(string set)
    {
        var fivo = Read($"{set}-vrnn-fivo");
        Assert.AreEqual(4, fivo.Bound.Samples);
        Assert.AreEqual(fivo, Read($"{set}-vrnn-elbo") with { Bound = fivo.Bound });
        if (set != "speech")
            Assert.AreEqual(fivo, Read($"{set}-vrnn-iwae") with { Bound = fivo.Bound });
    }

    [TestMethod]
    public void TheTableNamesEveryConfig()
    {
        string table = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configs.md"));
        foreach (object[] file in Files)
            StringAssert.Contains(table, $"`{file[0]}`");
    }

    private static DeepMarkovTrainer.Options Read(string name) => OptionsJson.Read(File.ReadAllText(Path.Combine(Folder, $"{name}.json")));

    private static Emission EmissionOf(DeepMarkovTrainer.Options options) => options.Generative switch
    {
        DeepMarkovModel model => model.Emission,
        RecurrentModel model => model.Emission,
        _ => throw new AssertFailedException($"{options.Generative.GetType().Name} has no emission of choice."),
    };

    private static Sequence Binary(int size, int steps, DeepMarkovTrainer.Options options)
    {
        float[] controls = [.. Enumerable.Range(0, steps * (options.ControlSize ?? 0)).Select(i => i % 5 * 0.3f)];
        double[]? times = options.TimeColumnName is null ? null : [.. Enumerable.Range(0, steps).Select(t => t * 0.5)];
        return new(size, [.. Enumerable.Range(0, size * steps).Select(i => (float)(i * 7 % 11 % 2))], inputs: new SequenceInputs(options.ControlSize ?? 0, controls, times));
    }
}
