using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>Some of a stage's parameters, moved by one thread while others move the rest: what a parameter becomes depends on no other one.</summary>
internal sealed class ParameterShare : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly OptimizerSteps _steps;

    private ParameterShare(IReadOnlyList<Parameter> all, IReadOnlyList<int> places, Optimizer optimizer, double learningRate)
    {
        Places = places;
        _parameters = [.. Places.Select(place => all[place])];
        Optimizer = optimizer.Create(_parameters, learningRate);
        _steps = new OptimizerSteps(Optimizer, _parameters);
    }

    /// <summary>Which of the stage's parameters they are.</summary>
    public IReadOnlyList<int> Places { get; }

    /// <summary>What moves them.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>Deals parameters among the threads of a team.</summary>
    public static ParameterShare[] Deal(IReadOnlyList<Parameter> parameters, WorkerTeam team, Optimizer optimizer, double learningRate) =>
        [.. team.Deal(parameters, parameter => parameter.numel()).Select(places => new ParameterShare(parameters, places, optimizer, learningRate))];

    /// <summary>Makes the sum of results' gradients, in their order, the parameters' own.</summary>
    /// <remarks>A parameter that a gradient has once reached keeps one, of zeros where an update does not reach it: optimisers tell these apart.
    /// None is taken over as it is: gradients of one result may share their memory.</remarks>
    public void Gather(IReadOnlyList<ShareResult> results)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        for (int i = 0; i < _parameters.Length; i++)
        {
            Tensor[] gradients = [.. results.Select(result => result.Gradients[Places[i]]).OfType<Tensor>()];
            if (gradients.Length == 0)
            {
                _parameters[i].grad?.zero_();
                continue;
            }
            var sum = _parameters[i].grad ?? (_parameters[i].grad = empty_like(_parameters[i]));
            if (gradients.Length == 1)
                sum.copy_(gradients[0]);
            else
                WholeTensors.Sum(sum, gradients[0], gradients[1]);
            foreach (var gradient in gradients.Skip(2))
                sum.add_(gradient);
        }
    }

    /// <summary>Moves the parameters along their gradients.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="scale">What gradients are multiplied by first.</param>
    public void Move(double rate, GradientScale scale) => _steps.Step(rate, scale);

    public void Dispose()
    {
        _steps.Dispose();
        Optimizer.Dispose();
    }
}
