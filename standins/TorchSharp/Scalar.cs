namespace TorchSharp;

/// <summary>A number of any type, as operators take it.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly ArgumentTag Tag;
    internal readonly long Bits;

    private Scalar(ArgumentTag tag, long bits)
    {
        Tag = tag;
        Bits = bits;
    }

    public ScalarType Type => Tag switch
    {
        ArgumentTag.Int => ScalarType.Int64,
        ArgumentTag.Bool => ScalarType.Bool,
        _ => ScalarType.Float64,
    };

    internal static Scalar Of(double value) => new(ArgumentTag.Double, BitConverter.DoubleToInt64Bits(value));
    internal static Scalar Of(long value) => new(ArgumentTag.Int, value);
    internal static Scalar Of(bool value) => new(ArgumentTag.Bool, value ? 1 : 0);

    internal double AsDouble => Tag == ArgumentTag.Double ? BitConverter.Int64BitsToDouble(Bits) : Bits;
    internal long AsInt64 => Tag == ArgumentTag.Double ? (long)BitConverter.Int64BitsToDouble(Bits) : Bits;

    public static implicit operator Scalar(byte value) => Of(value);
    public static implicit operator Scalar(sbyte value) => Of(value);
    public static implicit operator Scalar(short value) => Of(value);
    public static implicit operator Scalar(int value) => Of(value);
    public static implicit operator Scalar(long value) => Of(value);
    public static implicit operator Scalar(Half value) => Of((double)value);
    public static implicit operator Scalar(float value) => Of(value);
    public static implicit operator Scalar(double value) => Of(value);
    public static implicit operator Scalar(bool value) => Of(value);

    public void Dispose() { }
}

public static class ScalarExtensionMethods
{
    public static Scalar ToScalar(this byte value) => value;
    public static Scalar ToScalar(this sbyte value) => value;
    public static Scalar ToScalar(this short value) => value;
    public static Scalar ToScalar(this int value) => value;
    public static Scalar ToScalar(this long value) => value;
    public static Scalar ToScalar(this Half value) => value;
    public static Scalar ToScalar(this float value) => value;
    public static Scalar ToScalar(this double value) => value;
    public static Scalar ToScalar(this bool value) => value;

    public static float ToSingle(this Scalar value) => (float)value.AsDouble;
    public static double ToDouble(this Scalar value) => value.AsDouble;
    public static sbyte ToSByte(this Scalar value) => (sbyte)value.AsInt64;
    public static byte ToByte(this Scalar value) => (byte)value.AsInt64;
    public static short ToInt16(this Scalar value) => (short)value.AsInt64;
    public static int ToInt32(this Scalar value) => (int)value.AsInt64;
    public static long ToInt64(this Scalar value) => value.AsInt64;
    public static Half ToHalf(this Scalar value) => (Half)value.AsDouble;
    public static bool ToBoolean(this Scalar value) => value.AsDouble != 0;
}
