using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring.Imputing;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML;

public sealed partial class StateSpaceCatalog
{
    /// <summary>How well a trained model imputes: a share of the observed values is hidden, and what it expects in their place, given all that is left
    /// of the sequence, is compared with them; beside it the last value and the mean.</summary>
    /// <remarks>What is imputed is the model's output column Imputed of the sequences without the hidden values.</remarks>
    /// <param name="model">A transformer of <see cref="DeepMarkovTrainer"/>, or a chain that holds one.</param>
    /// <param name="data">What <c>model.Transform</c> would take. What stands before the state space part in a chain sees all values.</param>
    /// <param name="options">What is hidden; null: the defaults.</param>
    /// <exception cref="OptionsException">An option makes no sense; it is named.</exception>
    /// <exception cref="ArgumentException">The model holds no state space transformer.</exception>
    /// <exception cref="SequenceFormatException">A row is no sequence; names row, column and step.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or no value is hidden.</exception>
    /// <exception cref="ArithmeticException">An imputed value is not finite; names sequence, step and dimension.</exception>
    public ImputationResult EvaluateImputation(ITransformer model, IDataView data, ImputationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new ImputationOptions();
        Check(options.Validate());
        var (part, rows) = Locate(model, data);
        return new ImputationEvaluator(part.Scorer, options).Evaluate(part.ReadSequences(rows!));
    }
}
