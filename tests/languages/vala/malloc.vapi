/* malloc.vapi: what glibc tells of its memory
 *
 * Copyright 2026 the GCtx authors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

[CCode (cheader_filename = "malloc.h")]
namespace Malloc
{
  [SimpleType]
  [CCode (cname = "struct mallinfo2", has_type_id = false)]
  public struct Info {
    size_t uordblks;
    size_t hblkhd;
  }

  [CCode (cname = "mallinfo2")]
  public static Info info ();
}
