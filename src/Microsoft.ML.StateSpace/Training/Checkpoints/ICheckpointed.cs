namespace Microsoft.ML.StateSpace.Training;

/// <summary>A part of a stage that later updates depend on.</summary>
internal interface ICheckpointed
{
    /// <summary>Adds copies of, or references to, what it consists of.</summary>
    void Save(CheckpointTensors tensors);

    /// <summary>Becomes what was saved.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, or has another type or shape.</exception>
    void Load(CheckpointTensors tensors);
}
