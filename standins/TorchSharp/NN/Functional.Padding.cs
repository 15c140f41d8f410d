namespace TorchSharp
{
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static partial class functional
            {
                /// <summary>Pads the last dimensions: two numbers (before, after) for each, the last dimension first.</summary>
                public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                    functional.pad(input, pad.ToArray(), mode, value);

                public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => mode switch
                {
                    PaddingModes.Zeros => Aten.constant_pad_nd.Call(input, pad, 0.0),
                    PaddingModes.Constant => Aten.constant_pad_nd.Call(input, pad, value),
                    _ => Aten.pad.Call(input, pad, mode.ToString().ToLowerInvariant()),
                };

                public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                    functional.pad(input, [pad.Item1, pad.Item2], mode, value);
            }
        }
    }
}
