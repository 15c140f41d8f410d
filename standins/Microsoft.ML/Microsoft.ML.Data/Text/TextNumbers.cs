using System.Globalization;

namespace Microsoft.ML.Data;

/// <summary>Makes values of fields; false where a field cannot be understood.</summary>
internal sealed class TextNumbers(char decimalMarker, bool missingIsNaN)
{
    private static readonly string[] Missing = ["?", "NA", "NaN", "N/A"];
    private static readonly string[] True = ["true", "t", "yes", "y", "1", "+1", "+"];
    private static readonly string[] False = ["", "false", "f", "no", "n", "0", "-1", "-"];

    public bool TryParse<T>(ReadOnlyMemory<char> field, out T value)
    {
        (bool good, object parsed) = Parse(field, typeof(T));
        value = parsed is null ? default : (T)parsed;
        return good;
    }

    private (bool Good, object Value) Parse(ReadOnlyMemory<char> field, Type type)
    {
        var text = field.Span;
        if (type == typeof(ReadOnlyMemory<char>))
            return (true, field);
        if (type == typeof(float) || type == typeof(double))
        {
            (bool isReal, double real, float single) = Real(text);
            return (isReal, type == typeof(float) ? (object)single : real);
        }
        if (type == typeof(bool))
            return Any(True, text) ? (true, true) : (Any(False, text), false);
        if (text.IsEmpty)
            return (true, null);
        var culture = CultureInfo.InvariantCulture;
        const NumberStyles Signed = NumberStyles.AllowLeadingSign, Unsigned = NumberStyles.None;
        return Type.GetTypeCode(type) switch
        {
            TypeCode.SByte => (sbyte.TryParse(text, Signed, culture, out sbyte v), v),
            TypeCode.Byte => (byte.TryParse(text, Unsigned, culture, out byte v), v),
            TypeCode.Int16 => (short.TryParse(text, Signed, culture, out short v), v),
            TypeCode.UInt16 => (ushort.TryParse(text, Unsigned, culture, out ushort v), v),
            TypeCode.Int32 => (int.TryParse(text, Signed, culture, out int v), v),
            TypeCode.UInt32 => (uint.TryParse(text, Unsigned, culture, out uint v), v),
            TypeCode.Int64 => (long.TryParse(text, Signed, culture, out long v), v),
            TypeCode.UInt64 => (ulong.TryParse(text, Unsigned, culture, out ulong v), v),
            TypeCode.DateTime => (DateTime.TryParse(text, culture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime v), v),
            _ when type == typeof(TimeSpan) => (TimeSpan.TryParse(text, culture, out TimeSpan v), v),
            _ => (DateTimeOffset.TryParse(text, culture, DateTimeStyles.AssumeUniversal, out DateTimeOffset v), v),
        };
    }

    private (bool Good, double Value, float Single) Real(ReadOnlySpan<char> text)
    {
        if (text.IsWhiteSpace())
            return missingIsNaN ? (true, double.NaN, float.NaN) : (true, 0, 0);
        var format = decimalMarker == '.' ? NumberFormatInfo.InvariantInfo : new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "." };
        if (double.TryParse(text, NumberStyles.Float, format, out double value) && float.TryParse(text, NumberStyles.Float, format, out float single))
            return (true, value, single);
        return (Any(Missing, text), double.NaN, float.NaN);
    }

    private static bool Any(string[] words, ReadOnlySpan<char> text)
    {
        foreach (string word in words)
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
