using Microsoft.ML.StateSpace.LinearGaussian;
using TorchSharp.Modules;
using static TorchSharp.torch;
using LinearGaussianSystem = Microsoft.ML.StateSpace.LinearGaussian.LinearGaussianSystem;
using OracleSystem = Microsoft.ML.StateSpace.Tests.Oracles.LinearGaussianSystem;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

/// <summary>A system whose numbers are all parameters; covariances by their Cholesky factors.</summary>
internal sealed class TrainedSystem
{
    private readonly Dictionary<string, Parameter> _parameters = [];

    public TrainedSystem(OracleSystem system)
    {
        Add("initial mean", tensor(system.InitialMean));
        Add("initial covariance", linalg.cholesky(OracleCase.Matrix(system.InitialCovariance)));
        Add("transition", OracleCase.Matrix(system.Transition));
        Add("transition offset", tensor(system.TransitionOffset));
        Add("transition covariance", linalg.cholesky(OracleCase.Matrix(system.TransitionCovariance)));
        Add("emission", OracleCase.Matrix(system.Emission));
        Add("emission offset", tensor(system.EmissionOffset));
        Add("emission covariance", linalg.cholesky(OracleCase.Matrix(system.EmissionCovariance)));
    }

    public IEnumerable<(string Name, Parameter Value)> Parameters => _parameters.Select(p => (p.Key, p.Value));

    public LinearGaussianSystem System() => LinearGaussianSystem.Constant(
        new(_parameters["initial mean"], Square("initial covariance")),
        new(_parameters["transition"], _parameters["transition offset"], Square("transition covariance")),
        new(_parameters["emission"], _parameters["emission offset"], Square("emission covariance")));

    private Tensor Square(string name) => _parameters[name].matmul(_parameters[name].transpose(0, 1));

    private void Add(string name, Tensor value) => _parameters[name] = new Parameter(value.contiguous().clone());
}
