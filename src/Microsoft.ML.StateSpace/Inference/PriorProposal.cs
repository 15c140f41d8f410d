using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>q(z_t | ·) = p(z_t | past): the proposal of the bootstrap filter. It has nothing to learn, and works under any model.</summary>
public sealed record PriorProposal : InferenceNetwork
{
    /// <inheritdoc/>
    public override bool UsesFuture => false;

    /// <inheritdoc/>
    public override bool BeginsAtPrior => true;

    /// <inheritdoc/>
    public override InferenceModule Create(GenerativeModule model, bool readsMask, Initializer initializer) => new PriorProposalModule(readsMask);

    /// <inheritdoc/>
    public override IEnumerable<string> Validate() => [];
}

internal sealed class PriorProposalModule(bool readsMask) : InferenceModule(nameof(PriorProposal), readsMask)
{
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch);

    internal override bool EncodesWindows => true;

    public override bool ReadsByStep => true;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried) => new([], []);

    public override bool ReadsPrior => true;

    public override LatentDistribution Posterior(PosteriorQuery query) => query.Prior!;
}
