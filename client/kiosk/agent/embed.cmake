# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a C file with PAGE_FILES (page.h): each of FILES, of the folder
# FROM, as bytes. index.html is the page itself.
set(code "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by embed.cmake. */
#include \"page.h\"\n")
set(table "")
set(n 0)
foreach(name IN LISTS FILES)
  file(READ "${FROM}/${name}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  get_filename_component(ending "${name}" LAST_EXT)
  string(SUBSTRING "${ending}" 1 -1 ending)
  if(ending STREQUAL "html")
    set(type "text/html; charset=utf-8")
  elseif(ending STREQUAL "css")
    set(type "text/css; charset=utf-8")
  elseif(ending STREQUAL "js")
    set(type "text/javascript; charset=utf-8")
  else()
    set(type "image/svg+xml")
  endif()
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND code "static const unsigned char FILE_${n}[] = {${bytes}};\n")
  string(APPEND table
    "\t{\"${path}\", \"${type}\", FILE_${n}, sizeof(FILE_${n})},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${OUT}.new" "${code}
const struct page_file PAGE_FILES[] = {\n${table}\t{NULL, NULL, NULL, 0},\n};\n")
file(RENAME "${OUT}.new" "${OUT}")
