using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>Whether an update waits for its device: how often a training asks for a number, by how many updates an epoch has. A CPU stands in for a device
/// where there is none.</summary>
internal static class UpdateReads
{
    private const int Rows = 8;

    public static object Run(torch.Device device)
    {
        using var standsIn = device.IsHost() ? HostMemory.StandIn() : null;
        using (var number = torch.zeros(1, device: device))
            if (DeviceTrace.Reads(() => number.item<float>()) == 0)
                throw new InvalidOperationException("The probe does not see that a number is looked at.");
        return Models.Select(model =>
        {
            // The first finds operators, and what is made once.
            Reads(model.Options, Rows, device);
            int[] updates = [1, 2, 4];
            int[] reads = [.. updates.Select(count => Reads(model.Options, Rows / count, device))];
            Console.WriteLine($"reads, {model.Name,-52} {string.Join(", ", reads)} in a training of one epoch of {string.Join(", ", updates)} updates");
            return new { model.Name, updates, reads };
        }).ToArray();
    }

    private static IEnumerable<(string Name, DeepMarkovTrainer.Options Options)> Models
    {
        get
        {
            var structured = new StructuredInference { Cell = RnnCell.Gru, HiddenSize = 6 };
            var dmm = new DeepMarkovModel { LatentSize = 2, Emission = new GaussianEmission { HiddenSize = 6 } };
            yield return ("DMM, ST-R, ELBO", Of(dmm, structured, new Elbo()));
            yield return ("DMM, ST-R, FIVO", Of(dmm, structured, new Fivo { Samples = 3 }));
            yield return ("DMM, flow, IWAE", Of(dmm, new FlowInference { Base = structured, HiddenSize = 6 }, new Iwae { Samples = 3 }));
            yield return ("VRNN, negative binomial counts, FIVO", Of(new VrnnModel { LatentSize = 2, HiddenSize = 3, Emission = new NegativeBinomialEmission { HiddenSize = 6 } },
                new FilteringPathProposal { HiddenSize = 6 }, new Fivo { Samples = 3 }));
            yield return ("SRNN, AVF, ELBO", Of(new SrnnModel { LatentSize = 2, HiddenSize = 3 }, new IterativeInference { HiddenSize = 8 }, new Elbo()));
            yield return ("linear-Gaussian, exact likelihood", Of(new LinearGaussianModel { LatentSize = 2 }, new ExactInference(), new ExactLikelihood()));
            yield return ("linear-Gaussian, exact smoothing, IWAE", Of(new LinearGaussianModel { LatentSize = 2 }, new ExactInference(), new Iwae { Samples = 3 }));
            yield return ("linear-Gaussian in continuous time, exact likelihood", Of(new ContinuousLinearGaussianModel { LatentSize = 2 }, new ExactInference(), new ExactLikelihood()));
        }
    }

    private static DeepMarkovTrainer.Options Of(GenerativeModel model, InferenceNetwork network, Bound bound) => new()
    {
        ObservationSize = 2,
        MaskColumnName = nameof(Row.Mask),
        TimeColumnName = model.ReadsTimes ? nameof(Row.Times) : null,
        Generative = model,
        Inference = network,
        Bound = bound,
        FilteringProposal = new FilteringProposal { Epochs = 1 },
        Epochs = 1,
        Seed = 1,
    };

    private static int Reads(DeepMarkovTrainer.Options options, int batchSize, torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(Row.Make).ToList());
        return DeviceTrace.Reads(() =>
        {
            using var model = ml.StateSpace.Trainers.DeepMarkov(options with { BatchSize = batchSize, Device = $"{device}", ValidationSet = data }).Fit(data);
            if (model.History.Epochs[0].Updates != Rows / batchSize)
                throw new InvalidOperationException($"{model.History.Epochs[0].Updates} updates.");
        });
    }

    private sealed class Row
    {
        public float[] Observations { get; set; } = [];

        public float[] Mask { get; set; } = [];

        public float[] Times { get; set; } = [];

        public static Row Make(int seed)
        {
            var random = new Random(seed);
            const int Steps = 6, Size = 2;
            float[] mask = [.. Enumerable.Range(0, Steps * Size).Select(i => i > 0 && random.Next(4) == 0 ? 0f : 1f)];
            return new Row
            {
                Mask = mask,
                Observations = [.. mask.Select(_ => (float)random.Next(2))],
                Times = [.. Enumerable.Range(0, Steps).Select(t => t + 0.3f * random.NextSingle())],
            };
        }
    }
}
