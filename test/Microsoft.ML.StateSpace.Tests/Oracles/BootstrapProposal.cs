using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Oracles;

/// <summary>Proposes from the prior: the bootstrap filter.</summary>
internal sealed class BootstrapProposal() : InferenceModule("bootstrap", readsMask: false)
{
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch, batch.Observations);

    public override bool ReadsPrior => true;

    public override LatentDistribution Posterior(PosteriorQuery query) => query.Prior!;
}
