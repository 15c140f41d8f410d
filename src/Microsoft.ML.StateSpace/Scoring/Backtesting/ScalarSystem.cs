namespace Microsoft.ML.StateSpace.Scoring.Backtesting;

/// <summary>A linear-Gaussian system of one observed number: a structural time series model (Harvey 1989, section 2.3).</summary>
/// <remarks>
/// <para>x_t = offset + Σ_i f_i,t + Σ_k p_k,t + N(0, r). Components f_i,t = φ_i f_i,t−1 + b_iᵀu_t + N(0, q_i) take in controls; a pair
/// (p_k, p*_k) turns by its angle every step, shrinks by its memory, and has noise of one variance in both parts.</para>
/// <para>A state is [f_1 … f_F; p_1, p*_1; … p_K, p*_K], Z numbers. Matrices are row-major. The transition is so sparse that a
/// covariance moves in O(Z²): this is the reason for not using tensors here.</para>
/// </remarks>
internal sealed record ScalarSystem
{
    /// <summary>φ, F numbers between −1 and 1.</summary>
    public required double[] Decay { get; init; }

    /// <summary>q, F variances of the components' noise.</summary>
    public required double[] Noise { get; init; }

    /// <summary>b, [F, U].</summary>
    public required double[] Control { get; init; }

    /// <summary>The pairs, K of them.</summary>
    public required SeasonalPair[] Pairs { get; init; }

    /// <summary>K variances of the pairs' noise.</summary>
    public required double[] SeasonalNoise { get; init; }

    /// <summary>offset</summary>
    public required double Offset { get; init; }

    /// <summary>r, above 0.</summary>
    public required double Variance { get; init; }

    /// <summary>E[f_1], F numbers; pairs begin at a mean of 0, since no phase is known.</summary>
    public required double[] InitialMean { get; init; }

    /// <summary>Variances at the first step: of F components, and of both parts of K pairs.</summary>
    public required double[] InitialVariance { get; init; }

    /// <summary>F</summary>
    public int Components => Decay.Length;

    /// <summary>Z</summary>
    public int LatentSize => Components + 2 * Pairs.Length;

    /// <summary>U</summary>
    public int ControlSize => Control.Length / Components;

    /// <summary>Whether x_t reads a part of the state: components, and the first of each pair.</summary>
    public bool Reads(int part) => part < Components || (part - Components) % 2 == 0;

    /// <summary>The sum of the parts that x_t reads.</summary>
    public double Read(ReadOnlySpan<double> state)
    {
        double sum = 0;
        for (int i = 0; i < Components; i++)
            sum += state[i];
        for (int i = Components; i < state.Length; i += 2)
            sum += state[i];
        return sum;
    }

    /// <summary>state ← A state</summary>
    public void Move(Span<double> state)
    {
        for (int i = 0; i < Components; i++)
            state[i] *= Decay[i];
        for (int k = 0, i = Components; k < Pairs.Length; k++, i += 2)
            (state[i], state[i + 1]) = (Pairs[k].Cos * state[i] + Pairs[k].Sin * state[i + 1], Pairs[k].Cos * state[i + 1] - Pairs[k].Sin * state[i]);
    }

    /// <summary>state ← Aᵀ state</summary>
    public void MoveBack(Span<double> state)
    {
        for (int i = 0; i < Components; i++)
            state[i] *= Decay[i];
        for (int k = 0, i = Components; k < Pairs.Length; k++, i += 2)
            (state[i], state[i + 1]) = (Pairs[k].Cos * state[i] - Pairs[k].Sin * state[i + 1], Pairs[k].Cos * state[i + 1] + Pairs[k].Sin * state[i]);
    }

    /// <summary>P ← A P Aᵀ</summary>
    public void MoveBoth(Span<double> matrix)
    {
        int size = LatentSize;
        for (int i = 0; i < Components; i++)
            Lanes.Scale(Decay[i], matrix.Slice(i * size, size));
        for (int k = 0, i = Components; k < Pairs.Length; k++, i += 2)
            Lanes.Turn(Pairs[k].Cos, Pairs[k].Sin, matrix.Slice(i * size, size), matrix.Slice((i + 1) * size, size));
        for (int i = 0; i < size; i++)
            Move(matrix.Slice(i * size, size));
    }

    /// <summary>N ← Aᵀ N A</summary>
    public void MoveBothBack(Span<double> matrix)
    {
        int size = LatentSize;
        for (int i = 0; i < Components; i++)
            Lanes.Scale(Decay[i], matrix.Slice(i * size, size));
        for (int k = 0, i = Components; k < Pairs.Length; k++, i += 2)
            Lanes.Turn(Pairs[k].Cos, -Pairs[k].Sin, matrix.Slice(i * size, size), matrix.Slice((i + 1) * size, size));
        for (int i = 0; i < size; i++)
            MoveBack(matrix.Slice(i * size, size));
    }

    /// <summary>state ← state + B u</summary>
    public void Drive(Span<double> state, ReadOnlySpan<double> controls)
    {
        for (int i = 0; i < Components; i++)
            state[i] += Lanes.Dot(Control.AsSpan(i * controls.Length, controls.Length), controls);
    }

    /// <summary>P ← P + Q</summary>
    public void AddNoise(Span<double> matrix)
    {
        int next = LatentSize + 1;
        for (int i = 0; i < Components; i++)
            matrix[i * next] += Noise[i];
        for (int k = 0, i = Components; k < Pairs.Length; k++, i += 2)
        {
            matrix[i * next] += SeasonalNoise[k];
            matrix[(i + 1) * next] += SeasonalNoise[k];
        }
    }
}

/// <summary>How a seasonal pair turns.</summary>
/// <param name="Frequency">Turns per step.</param>
/// <param name="Memory">What is left of it after a step, at most 1: a season that stays.</param>
internal sealed record SeasonalPair(double Frequency, double Memory)
{
    /// <summary>memory · cos 2πf</summary>
    public double Cos { get; } = Memory * Math.Cos(2 * Math.PI * Frequency);

    /// <summary>memory · sin 2πf</summary>
    public double Sin { get; } = Memory * Math.Sin(2 * Math.PI * Frequency);
}
