using System.Globalization;
using System.Text;

namespace Microsoft.ML.StateSpace.Data.Pickles;

/// <summary>The texts of protocol 0, which are written as Python literals.</summary>
internal static class PickleText
{
    /// <summary>The text of a quoted literal with backslash escapes; null when it is none.</summary>
    public static string? Unquote(ReadOnlySpan<byte> literal)
    {
        if (literal.Length < 2 || literal[0] is not ((byte)'\'' or (byte)'"') || literal[^1] != literal[0])
        {
            return null;
        }

        ReadOnlySpan<byte> inside = literal[1..^1];
        var text = new StringBuilder(inside.Length);
        for (int i = 0; i < inside.Length; i++)
        {
            if (inside[i] != '\\')
            {
                text.Append((char)inside[i]);
            }
            else if (++i == inside.Length || !AppendEscape(text, inside, ref i))
            {
                return null;
            }
        }

        return text.ToString();
    }

    /// <summary>The text of a line in which only \uXXXX and \UXXXXXXXX are escapes.</summary>
    public static string RawUnicode(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            int digits = line[i] != '\\' || i + 1 == line.Length ? 0 : line[i + 1] switch { (byte)'u' => 4, (byte)'U' => 8, _ => 0 };
            if (digits > 0 && i + 2 + digits <= line.Length && Hexadecimal(line.Slice(i + 2, digits)) is { } code and <= 0x10FFFF)
            {
                text.Append(code is > 0xFFFF ? char.ConvertFromUtf32(code) : ((char)code).ToString());
                i += 1 + digits;
            }
            else
            {
                text.Append((char)line[i]);
            }
        }

        return text.ToString();
    }

    private static bool AppendEscape(StringBuilder text, ReadOnlySpan<byte> inside, ref int at)
    {
        if (inside[at] == 'x')
        {
            if (at + 2 >= inside.Length || Hexadecimal(inside.Slice(at + 1, 2)) is not { } code)
            {
                return false;
            }

            text.Append((char)code);
            at += 2;
            return true;
        }

        char meant = inside[at] switch { (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', (byte)'0' => '\0', var same => (char)same };
        text.Append(meant);
        return true;
    }

    private static int? Hexadecimal(ReadOnlySpan<byte> digits) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) && code >= 0 ? code : null;
}
