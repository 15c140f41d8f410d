using Microsoft.ML.StateSpace.Networks;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The variational recurrent network (Chung et al. 2015): h_t = RNN([enc_x(x_{t−1}), enc_z(z_{t−1})]),
/// z_t ~ prior(h_t), x_t ~ emission(enc_z(z_t), h_t).</summary>
public sealed record VrnnModel : RecurrentModel
{
    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) =>
        new RecurrentModelModule(this, latentInPath: true, data, initializer);
}
