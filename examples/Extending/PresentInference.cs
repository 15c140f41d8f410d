using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

/// <summary>q(z_t | z_{t−1}, x_t): neither past nor future beyond the state.</summary>
public sealed record PresentInference : InferenceNetwork
{
    /// <summary>Units of the hidden layer. Default 32.</summary>
    public int HiddenSize { get; init; } = 32;

    public override bool UsesFuture => false;

    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) =>
        new Module(model.LatentSize, model.ObservationSize, HiddenSize, readsMask, initializer);

    public override IEnumerable<string> Validate()
    {
        if (HiddenSize < 1)
            yield return $"HiddenSize is {HiddenSize}; it must be at least 1.";
    }

    private sealed class Module : InferenceModule
    {
        private readonly Affine fromObservation;
        private readonly Affine fromLatent;
        private readonly GaussianHead head;

        public Module(int latentSize, int observationSize, int hiddenSize, bool readsMask, Initializer initializer)
            : base(nameof(PresentInference), readsMask)
        {
            fromObservation = new Affine(readsMask ? 2 * observationSize : observationSize, hiddenSize, initializer);
            fromLatent = new Affine(latentSize, hiddenSize, initializer);
            head = new GaussianHead(hiddenSize, latentSize, initializer);
            RegisterComponents();
        }

        // What does not depend on z is computed once, for all steps of all sequences.
        public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, fromObservation.call(Inputs(batch)));

        public override LatentDistribution Posterior(PosteriorQuery query)
        {
            var hidden = query.Rows.Of(query.Encoding.States[0]);
            if (query.Past.Latent is { } latent)
                hidden = hidden + fromLatent.call(latent);
            return head.call(hidden.tanh());
        }
    }
}
